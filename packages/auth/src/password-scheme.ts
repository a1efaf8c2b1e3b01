import { createHash, pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { makeScramVerifier } from "@poplar/sasl";
import { type Crypt, loadCrypt } from "./crypt.ts";
import { hmacMd5State } from "./hmac-md5-state.ts";
import { verifyOctets } from "./password-hash.ts";
import { passwordForms } from "./saslprep.ts";
import { parseScramVerifier, scramHashOf } from "./scram-verifier.ts";
import { isSealed, type SecretBox } from "./secret-box.ts";
import { isAffordable, ROUNDS_MAX } from "./stored-cost.ts";

/**
 * What is stored for a password is in no form that we know, or cannot be opened. Says nothing of its content.
 */
export class UnreadableVerifier extends Error {
  override readonly name = "UnreadableVerifier";
}

/** What checking a stored password may take. */
export interface SchemeTools {
  /** Opens what was sealed; absent: nothing can be. */
  readonly box?: SecretBox | undefined;
  readonly loadCrypt?: () => Promise<Crypt>;
}

type Matches = (octets: Uint8Array) => boolean | Promise<boolean>;

/** A stored password. */
export interface StoredPassword {
  /** e.g. `argon2`, `crypt`, `SSHA`. */
  readonly scheme: string;
  /** Is what is stored as good as the password, so that it must not lie about in the clear? */
  readonly isRevealing: boolean;
  readonly matches: Matches;
}

/** The purpose under which passwords in revealing schemes are sealed. */
export const SEALED_PASSWORD = "password";

const derive = promisify(pbkdf2);

/**
 * Reads what is stored for a password: argon2, crypt(3), or `{SCHEME}` as OpenLDAP and Dovecot write it,
 * sealed or not.
 *
 * @throws UnreadableVerifier, also later from `matches`.
 */
export function readStoredPassword(stored: string, tools: SchemeTools = {}): StoredPassword {
  if (isSealed(stored)) {
    if (tools.box === undefined) throw new UnreadableVerifier("there is no key for sealed passwords");
    return readStoredPassword(tools.box.open(SEALED_PASSWORD, stored), { ...tools, box: undefined });
  }
  const { scheme = "", encoding, rest = "" } = PREFIXED.exec(stored)?.groups ?? {};
  if (scheme === "") return unprefixed(stored, tools);
  const name = scheme.toUpperCase();
  const digest = DIGESTS.get(name);
  if (digest !== undefined)
    return digestPassword(
      name,
      digest,
      octetsOf(rest, digest.isSalted ? undefined : digest.octets, encoding),
    );
  switch (name) {
    case "PLAIN":
    case "CLEAR":
    case "CLEARTEXT":
      return { scheme: "PLAIN", isRevealing: true, matches: equals(Buffer.from(rest)) };
    case "CRAM-MD5":
    case "HMAC-MD5":
      return hmacMd5Password(octetsOf(rest, 32, encoding));
    case "SCRAM-SHA-1":
    case "SCRAM-SHA-256":
      return scramPassword(name, rest);
    case "PBKDF2":
      return pbkdf2Password(rest);
    case "MD5":
      return rest.startsWith("$") ? unprefixed(rest, tools) : readStoredPassword(`{LDAP-MD5}${rest}`);
    default:
      if (!CRYPT_NAMES.has(name)) throw new UnreadableVerifier(`the scheme ${name} is not known`);
      return unprefixed(rest, tools);
  }
}

const PREFIXED = /^\{(?<scheme>[A-Za-z0-9-]+)(?:\.(?<encoding>hex|b64|base64))?\}(?<rest>.*)$/isu;

/** Names that say only what stands in the string, too. */
const CRYPT_NAMES: ReadonlySet<string> = new Set([
  "CRYPT",
  "MD5-CRYPT",
  "SHA256-CRYPT",
  "SHA512-CRYPT",
  "BLF-CRYPT",
  "DES-CRYPT",
  "ARGON2",
  "ARGON2I",
  "ARGON2ID",
]);

interface DigestScheme {
  readonly hash: "md5" | "sha1" | "sha256" | "sha512";
  readonly octets: number;
  readonly isSalted: boolean;
}

const digestScheme = (hash: DigestScheme["hash"], octets: number, isSalted: boolean): DigestScheme => ({
  hash,
  octets,
  isSalted,
});

const DIGESTS: ReadonlyMap<string, DigestScheme> = new Map([
  ["PLAIN-MD5", digestScheme("md5", 16, false)],
  ["LDAP-MD5", digestScheme("md5", 16, false)],
  ["SMD5", digestScheme("md5", 16, true)],
  ["SHA", digestScheme("sha1", 20, false)],
  ["SHA1", digestScheme("sha1", 20, false)],
  ["SSHA", digestScheme("sha1", 20, true)],
  ["SHA256", digestScheme("sha256", 32, false)],
  ["SSHA256", digestScheme("sha256", 32, true)],
  ["SHA512", digestScheme("sha512", 64, false)],
  ["SSHA512", digestScheme("sha512", 64, true)],
]);

const tooCostly = "to check it would take too much time or memory";

/** DES: two characters of salt and eleven of hash. */
const DES = /^[./0-9A-Za-z]{13}$/;

function unprefixed(stored: string, tools: SchemeTools): StoredPassword {
  if (/^\$argon2(?:id|i|d)\$/.test(stored)) {
    if (!isAffordable(stored)) throw new UnreadableVerifier(tooCostly);
    return {
      scheme: "argon2",
      isRevealing: false,
      matches: async (octets) => verifyOctets(stored, octets),
    };
  }
  // Of printable ASCII, and no `*` or `!`, which lock an account.
  const isCrypt = /^\$(?:1|5|6|7|2[abxy]|y|gy|md5|sha1)\$[!-~]+$/.test(stored) || DES.test(stored);
  if (!isCrypt) throw new UnreadableVerifier("it is in no form that is known");
  if (!isAffordable(stored)) throw new UnreadableVerifier(tooCostly);
  return {
    scheme: "crypt",
    isRevealing: false,
    matches: async (octets) => {
      const crypt = await (tools.loadCrypt ?? loadCrypt)();
      const hashed = await crypt.hash(octets, stored);
      // Since libxcrypt 4.3 failure is `*0` or `*1`, which no setting is equal to.
      return hashed !== undefined && equals(Buffer.from(stored))(Buffer.from(hashed));
    },
  };
}

function digestPassword(
  scheme: string,
  { hash, octets, isSalted }: DigestScheme,
  stored: Buffer,
): StoredPassword {
  if (isSalted ? stored.length <= octets : stored.length !== octets) {
    throw new UnreadableVerifier(`it is no {${scheme}}`);
  }
  const salt = stored.subarray(octets);
  return {
    scheme,
    // Without salt one table opens them all.
    isRevealing: !isSalted,
    matches: (password) =>
      equals(stored.subarray(0, octets))(createHash(hash).update(password).update(salt).digest()),
  };
}

function hmacMd5Password(state: Buffer): StoredPassword {
  if (state.length !== 32) throw new UnreadableVerifier("it is no {CRAM-MD5}");
  return {
    scheme: "CRAM-MD5",
    isRevealing: true,
    matches: (password) => equals(state)(hmacMd5State(password)),
  };
}

function scramPassword(mechanism: "SCRAM-SHA-1" | "SCRAM-SHA-256", rest: string): StoredPassword {
  const verifier = parseScramVerifier(`{${mechanism}}${rest}`);
  if (verifier === undefined || verifier.iterations > ROUNDS_MAX) {
    throw new UnreadableVerifier(`it is no {${mechanism}}`);
  }
  return {
    scheme: mechanism,
    isRevealing: false,
    matches: async (octets) => {
      const password = Buffer.from(passwordForms(octets).at(-1) ?? octets).toString();
      const { salt, iterations, storedKey } = verifier;
      const made = await makeScramVerifier(scramHashOf(mechanism), password, salt, iterations);
      return equals(storedKey)(made.storedKey);
    },
  };
}

/** Dovecot's: `$1$salt$rounds$digest in hexadecimal`, PBKDF2 with HMAC-SHA-1. */
function pbkdf2Password(rest: string): StoredPassword {
  const { salt, rounds, digest } =
    /^\$1\$(?<salt>[^$]+)\$(?<rounds>\d+)\$(?<digest>[0-9a-f]{40})$/i.exec(rest)?.groups ?? {};
  if (salt === undefined || digest === undefined || Number(rounds) > ROUNDS_MAX) {
    throw new UnreadableVerifier("it is no {PBKDF2}");
  }
  return {
    scheme: "PBKDF2",
    isRevealing: false,
    matches: async (octets) =>
      equals(Buffer.from(digest, "hex"))(await derive(octets, salt, Number(rounds), 20, "sha1")),
  };
}

/**
 * Dovecot tells hexadecimal from base64 by its length where that is fixed, unless the scheme says which it
 * is.
 *
 * @param octetsFixed `undefined` where a salt of any length follows.
 */
function octetsOf(text: string, octetsFixed: number | undefined, encoding: string | undefined): Buffer {
  const isHexText = /^(?:[0-9a-f]{2})+$/i.test(text);
  const isGuessedHex = octetsFixed !== undefined && text.length === octetsFixed * 2 && isHexText;
  if (encoding === undefined ? isGuessedHex : encoding.toLowerCase() === "hex") {
    return Buffer.from(isHexText ? text : "", "hex");
  }
  return Buffer.from(/^[A-Za-z0-9+/]+={0,2}$/.test(text) ? text : "", "base64");
}

const equals =
  (expected: Uint8Array) =>
  (octets: Uint8Array): boolean =>
    octets.length === expected.length && timingSafeEqual(octets, expected);

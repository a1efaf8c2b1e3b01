import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { saslNameOf } from "./bearer.ts";
import {
  challenge,
  type Exchange,
  type Refusal,
  refused,
  type Step,
  utf8Of,
  type Verdict,
} from "./exchange.ts";

export type ScramHash = "sha1" | "sha256";

/** What a server keeps instead of a password. RFC 5802 §3. */
export interface ScramVerifier {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/**
 * Finds the verifier behind a name. For a name that nobody has, it answers a made-up verifier that is the
 * same every time (`isGenuine` false), so that the exchange looks and lasts the same and fails at its end.
 */
export type FindScramVerifier<Who, Why> = (
  authcid: string,
) => Promise<
  Verdict<{ readonly who: Who; readonly verifier: ScramVerifier; readonly isGenuine: boolean }, Why>
>;

/** Data of this TLS connection that an attacker in between cannot have, by type. RFC 5056, RFC 9266. */
export type ChannelBindings = ReadonlyMap<string, Uint8Array>;

export interface ScramOptions {
  readonly hash: ScramHash;
  /** True for the -PLUS mechanism: the client must bind to the channel. */
  readonly isPlus: boolean;
  /**
   * What this connection can bind to; empty on plaintext. When not empty, a client that says "y" is lied to.
   */
  readonly bindings: ChannelBindings;
  /** Printable and unpredictable; given only by tests. */
  readonly serverNonce?: string;
}

const derive = promisify(pbkdf2);

const hmac = (hash: ScramHash, key: Uint8Array, text: Uint8Array | string): Buffer =>
  createHmac(hash, key).update(text).digest();

const digest = (hash: ScramHash, octets: Uint8Array): Buffer => createHash(hash).update(octets).digest();

/** Makes a verifier from a password that SASLprep has prepared. RFC 5802 §3. */
export async function makeScramVerifier(
  hash: ScramHash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramVerifier> {
  const salted = await derive(password, salt, iterations, hash === "sha1" ? 20 : 32, hash);
  return {
    salt,
    iterations,
    storedKey: digest(hash, hmac(hash, salted, "Client Key")),
    serverKey: hmac(hash, salted, "Server Key"),
  };
}

/**
 * SCRAM-SHA-1 and SCRAM-SHA-256, with and without channel binding. RFC 5802, RFC 7677.
 *
 * The server's proof goes out as a challenge that the client answers with nothing, because POP's `+OK`
 * carries no data (RFC 5034 §4).
 */
export function scram<Who, Why>(
  options: ScramOptions,
  find: FindScramVerifier<Who, Why>,
): Exchange<Who, Why> {
  let next: (response: Uint8Array) => Promise<Step<Who, Why>> = first;
  return {
    next: async (response) => (response === undefined ? challenge("") : next(response)),
  };

  async function first(response: Uint8Array): Promise<Step<Who, Why>> {
    const client = parseClientFirst(response);
    if (client === undefined) return refused("malformed-response");
    const binding = bindingFor(client.flag, options);
    if (typeof binding === "string") return refused(binding);
    const found = await find(client.authcid);
    if ("why" in found) return refused(found.why);
    const { verifier } = found.who;
    const nonce = client.nonce + (options.serverNonce ?? randomBytes(18).toString("base64"));
    const salt = Buffer.from(verifier.salt).toString("base64");
    const serverFirst = `r=${nonce},s=${salt},i=${verifier.iterations}`;
    const expectedBinding = Buffer.concat([Buffer.from(client.gs2Header), binding]).toString("base64");
    next = async (final) => {
      const proof = parseClientFinal(final);
      if (proof === undefined) return refused("malformed-response");
      if (proof.nonce !== nonce) return refused("wrong-proof");
      if (proof.binding !== expectedBinding) return refused("wrong-channel-binding");
      const authMessage = `${client.bare},${serverFirst},${proof.withoutProof}`;
      if (!isProof(options.hash, verifier, authMessage, proof.proof)) return refused("wrong-proof");
      if (!found.who.isGenuine) return refused("unknown-name");
      const signature = hmac(options.hash, verifier.serverKey, authMessage).toString("base64");
      next = async (last) =>
        last.length === 0
          ? { step: "authenticated", who: found.who.who, authzid: client.authzid }
          : refused("malformed-response");
      return challenge(`v=${signature}`);
    };
    return challenge(serverFirst);
  }
}

/** ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage); H(ClientKey) must be StoredKey. RFC 5802 §3. */
function isProof(hash: ScramHash, verifier: ScramVerifier, authMessage: string, proof: Uint8Array): boolean {
  const signature = hmac(hash, verifier.storedKey, authMessage);
  if (proof.length !== signature.length) return false;
  const clientKey = signature.map((octet, index) => octet ^ (proof[index] ?? 0));
  return timingSafeEqual(digest(hash, clientKey), verifier.storedKey);
}

/** What the client's `c=` must end with, or why its flag is not acceptable. RFC 5802 §6. */
function bindingFor(flag: string, options: ScramOptions): Uint8Array | Refusal {
  if (flag.startsWith("p=")) {
    const octets = options.isPlus ? options.bindings.get(flag.slice(2)) : undefined;
    return octets ?? "wrong-channel-binding";
  }
  if (options.isPlus) return "wrong-channel-binding";
  // "y": the client could bind and believes that we cannot. If we can, somebody took -PLUS off our list.
  return flag === "y" && options.bindings.size > 0 ? "wrong-channel-binding" : new Uint8Array(0);
}

function parseClientFirst(octets: Uint8Array) {
  const message = utf8Of(octets);
  const parts =
    /^(?<gs2>(?<flag>n|y|p=[A-Za-z0-9.-]+),(?:a=(?<authzid>[^,]*))?,)(?<bare>n=(?<name>[^,]*),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/su.exec(
      message ?? "",
    )?.groups;
  const { gs2, flag, bare, nonce } = parts ?? {};
  if (gs2 === undefined || flag === undefined || bare === undefined || nonce === undefined) return undefined;
  const authcid = saslNameOf(parts?.["name"] ?? "");
  const authzid = saslNameOf(parts?.["authzid"] ?? "");
  if (authcid === undefined || authcid === "" || authzid === undefined) return undefined;
  return { gs2Header: gs2, flag, bare, nonce, authcid, authzid: authzid === "" ? undefined : authzid };
}

function parseClientFinal(octets: Uint8Array) {
  const parts =
    /^(?<withoutProof>c=(?<binding>[A-Za-z0-9+/=]+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,.*)?),p=(?<proof>[A-Za-z0-9+/]+={0,2})$/su.exec(
      utf8Of(octets) ?? "",
    )?.groups;
  const { withoutProof, binding, nonce, proof } = parts ?? {};
  if (withoutProof === undefined || binding === undefined || nonce === undefined || proof === undefined) {
    return undefined;
  }
  return { withoutProof, binding, nonce, proof: Buffer.from(proof, "base64") };
}

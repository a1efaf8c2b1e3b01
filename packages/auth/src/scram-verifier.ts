import { randomBytes } from "node:crypto";
import { makeScramVerifier, type ScramHash, type ScramVerifier } from "@poplar/sasl";
import { prepared } from "./saslprep.ts";
import type { SecretBox } from "./secret-box.ts";

/** RFC 7677 §4: 4096 at least. Clients on small machines compute as much; the verifier lies sealed. */
export const SCRAM_ITERATIONS = 4096;

const SALT_OCTETS = 16;

export const SCRAM_MECHANISMS = ["SCRAM-SHA-1", "SCRAM-SHA-256"] as const;

/** A mechanism without its -PLUS. */
export type ScramMechanism = (typeof SCRAM_MECHANISMS)[number];

/** The kind of credential that holds its verifier. */
export const SCRAM_KINDS = { "SCRAM-SHA-1": "scram-sha-1", "SCRAM-SHA-256": "scram-sha-256" } as const;

export const scramHashOf = (mechanism: ScramMechanism): ScramHash =>
  mechanism === "SCRAM-SHA-1" ? "sha1" : "sha256";

/**
 * Makes what is stored for SCRAM, as Dovecot writes it: `{SCRAM-SHA-256}iterations,salt,stored key,server
 * key`.
 */
export async function makeStoredScram(
  mechanism: ScramMechanism,
  password: string,
  iterations: number = SCRAM_ITERATIONS,
): Promise<string> {
  const salt = randomBytes(SALT_OCTETS);
  const verifier = await makeScramVerifier(
    scramHashOf(mechanism),
    prepared(password) ?? password,
    salt,
    iterations,
  );
  const [saltText, storedKey, serverKey] = [verifier.salt, verifier.storedKey, verifier.serverKey].map(
    (octets) => Buffer.from(octets).toString("base64"),
  );
  return `{${mechanism}}${iterations},${saltText},${storedKey},${serverKey}`;
}

const BASE64 = "[A-Za-z0-9+/]+={0,2}";
const STORED = new RegExp(
  String.raw`^\{SCRAM-SHA-(?:1|256)\}(?<iterations>\d{1,9}),(?<salt>${BASE64}),(?<storedKey>${BASE64}),(?<serverKey>${BASE64})$`,
  "i",
);

/** Reads it again; `undefined` for what is none. */
export function parseScramVerifier(stored: string): ScramVerifier | undefined {
  const { iterations, salt, storedKey, serverKey } = STORED.exec(stored)?.groups ?? {};
  if (salt === undefined || storedKey === undefined || serverKey === undefined) return undefined;
  const octets = (text: string): Buffer => Buffer.from(text, "base64");
  return {
    iterations: Number(iterations),
    salt: octets(salt),
    storedKey: octets(storedKey),
    serverKey: octets(serverKey),
  };
}

/**
 * What a name that nobody has is shown: the same salt each time and on each node, as a name that somebody
 * has. RFC 5802 leaves this open; a fresh salt at each try would tell the two apart.
 */
export function inventScramVerifier(box: SecretBox, mechanism: ScramMechanism, name: string): ScramVerifier {
  const octets = (what: string): Buffer => box.invention(`${mechanism} ${what}`, name);
  const keyOctets = mechanism === "SCRAM-SHA-1" ? 20 : 32;
  return {
    iterations: SCRAM_ITERATIONS,
    salt: octets("salt").subarray(0, SALT_OCTETS),
    storedKey: octets("stored key").subarray(0, keyOctets),
    serverKey: octets("server key").subarray(0, keyOctets),
  };
}

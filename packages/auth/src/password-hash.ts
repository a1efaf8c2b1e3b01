import { timingSafeEqual } from "node:crypto";
import { hash, hashRaw, parseOptions } from "@node-rs/argon2";
import { prepared } from "./saslprep.ts";

/**
 * What one argon2id hash costs. The verifier carries it, so a change holds for passwords set from then on.
 */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** 19 MiB, two passes, one lane: about 30 ms of one core. */
export const DEFAULT_HASH_COST: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

/** Longer ones are refused without a look. USER/PASS itself carries 248 octets (RFC 2449 §4). */
export const PASSWORD_OCTETS_MAX = 512;

/** Why a password cannot be one. */
export type PasswordProblem = "empty" | "too-long" | "unsendable";

/** What stands against a new password; `unsendable`: it has a line break or NUL, which no PASS can carry. */
export function passwordProblem(password: string): PasswordProblem | undefined {
  // RFC 4616 §2: what SASLprep makes nothing of is no password.
  if (password === "" || prepared(password) === "") return "empty";
  if (Buffer.byteLength(password) > PASSWORD_OCTETS_MAX) return "too-long";
  return /[\0\r\n]/.test(password) ? "unsendable" : undefined;
}

/**
 * Makes the verifier to store for a password, prepared by SASLprep: however it is composed, it is one
 * password.
 *
 * @returns an argon2id string in PHC form.
 * @throws RangeError when there is a `passwordProblem`: ask first.
 */
export async function hashPassword(password: string, cost: HashCost = DEFAULT_HASH_COST): Promise<string> {
  const problem = passwordProblem(password);
  if (problem !== undefined) throw new RangeError(`not a password: ${problem}`);
  return hashOctets(Buffer.from(prepared(password) ?? password), cost);
}

/** @returns an argon2id string in PHC form for any octets. */
export async function hashOctets(octets: Uint8Array, cost: HashCost): Promise<string> {
  return hash(octets, { memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: cost.lanes });
}

/**
 * Checks octets against an argon2 string.
 *
 * Not `verify` of the library: that one takes UTF-8 only, and some clients send a password in Latin-1.
 *
 * @throws Error when the verifier is not an argon2 string.
 */
export async function verifyOctets(verifier: string, octets: Uint8Array): Promise<boolean> {
  const { saltLen: _saltLen, ...parameters } = parseOptions(verifier);
  const [salt = "", digest = ""] = verifier.split("$").slice(-2);
  const computed = await hashRaw(octets, {
    ...parameters,
    salt: Buffer.from(salt, "base64"),
  });
  return timingSafeEqual(computed, Buffer.from(digest, "base64"));
}

import { createHash } from "node:crypto";
import { type Fault, isFault } from "@poplar/protocol";
import type { ApReq } from "./ap-req.ts";
import { type KerberosRefusal, refusal } from "./refusal.ts";

/** Remembers authenticators over the fleet, beside the file cache of libkrb5 that guards one host. */
export interface ReplayStore {
  /**
   * Claims an authenticator for the one login that it is good for.
   *
   * @param authenticatorHash SHA-256 of its ciphertext, in hex.
   * @returns `true` for the first, `false` for any later claim within the time.
   */
  claim(authenticatorHash: string, ttlSeconds: number): Promise<boolean | Fault>;
}

/** Twice the clock skew that libkrb5 allows by default: longer than any authenticator is good for. */
export const REPLAY_TTL_SECONDS = 600;

/**
 * Claims an AP-REQ that libkrb5 has accepted.
 *
 * By its authenticator's ciphertext, not by the whole request: that has octets which no key protects, and
 * whoever changed one of them would be let in again.
 *
 * @returns nothing when it is the first of its kind; when the store is down nobody is let in.
 */
export async function claimOnce(
  store: ReplayStore,
  { authenticatorCipher }: ApReq,
  ttlSeconds: number,
): Promise<KerberosRefusal | undefined> {
  const hash = createHash("sha256").update(authenticatorCipher).digest("hex");
  const isFirst = await store.claim(hash, ttlSeconds);
  if (isFault(isFirst)) return refusal("replay-store-down", isFirst.fault);
  return isFirst
    ? undefined
    : refusal("replayed", "the authenticator has been used, here or on another node");
}

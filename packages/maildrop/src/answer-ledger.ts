import type { RegistryFault } from "./registry.ts";

/** A request that may come twice, told apart by its caller's word. */
export interface RequestClaim {
  /** Who asks, and the word that he gave it. */
  readonly caller: string;
  readonly key: string;
  /** What was asked. */
  readonly fingerprint: Uint8Array;
}

/** What a request was answered. */
export interface KeptAnswer {
  readonly status: number;
  /** Sealed by whoever keeps it. */
  readonly sealed: Uint8Array;
}

/** What became of a claim. */
export type ClaimOutcome =
  | { readonly claim: "first" }
  | { readonly claim: "under-way" }
  | { readonly claim: "another-request" }
  | { readonly claim: "answered"; readonly answer: KeptAnswer };

/**
 * Remembers answers for a day, so that a request that is sent again is not done again. Implemented by
 * `storage`.
 */
export interface AnswerLedger {
  /** Claims a request; whoever has claimed it before and not answered in a minute is taken for dead. */
  claim(request: RequestClaim): Promise<ClaimOutcome | RegistryFault>;
  keep(request: RequestClaim, answer: KeptAnswer): Promise<undefined | RegistryFault>;
  /** Forgets a claim: the request failed, and may be tried again. */
  release(request: RequestClaim): Promise<undefined | RegistryFault>;
}

import type { Credential } from "@poplar/maildrop";
import type { AttemptParts } from "./attempt.ts";

/**
 * Opens the sealed verifier of a credential; `undefined`, and a line for the operator, where that cannot be
 * done.
 */
export function openSealed(
  { box, log }: Pick<AttemptParts, "box" | "log">,
  purpose: string,
  { credentialId, verifier }: Credential,
): string | undefined {
  try {
    return box?.open(purpose, verifier);
  } catch (err) {
    log?.error({ event: "verifier-unreadable", credentialId, err }, "a sealed secret cannot be opened");
    return undefined;
  }
}

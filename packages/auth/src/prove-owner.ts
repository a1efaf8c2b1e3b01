import type { Attempt, AttemptParts, Proof } from "./attempt.ts";
import { PASSWORD_OCTETS_MAX } from "./password-hash.ts";
import { type Verdict, whyNotCode } from "./prove-password.ts";

/** What the owner of a login shows. */
interface OwnerShows {
  readonly password: Uint8Array;
  readonly code: string | undefined;
}

/**
 * Checks the main password of a login, with the one-time code beside it. App passwords are not looked at: one
 * that leaks with a device must not switch the second factor off.
 */
export async function proveOwner(
  parts: AttemptParts,
  attempt: Attempt,
  typed: string,
  { password, code }: OwnerShows,
): Promise<Verdict<Proof>> {
  attempt.name(typed);
  if (password.length > PASSWORD_OCTETS_MAX) return { why: "password-too-long" };
  // Not by the way for those who come all the time: that one knows nothing of codes.
  const identified = await attempt.identify(typed);
  if ("why" in identified) return identified;
  const { login } = identified;
  const match = await parts.checker.find(login, password);
  if (match === "busy") return { why: { fault: "busy" } };
  if (login === undefined) return { why: "unknown-name" };
  if (match === undefined) return { why: "wrong-password" };
  const { credential } = match;
  const totp = login.credentials.find(({ kind }) => kind === "totp");
  if (totp === undefined || code === undefined)
    return { who: { login, credential, isSecondFactorShown: false } };
  const why = await whyNotCode(parts, login, totp, code);
  return why === undefined ? { who: { login, credential, isSecondFactorShown: true } } : { why };
}

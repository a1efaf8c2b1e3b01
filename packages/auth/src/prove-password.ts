import type { Credential, Login } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { findAppPassword } from "./app-password.ts";
import type { Attempt, AttemptParts, Proof, Why } from "./attempt.ts";
import { openSealed } from "./open-sealed.ts";
import { PASSWORD_OCTETS_MAX } from "./password-hash.ts";
import { renewAppPassword } from "./reseal.ts";
import { SEALED_TOTP, splitCode, TOTP_SUFFIX, totpStep } from "./totp.ts";

/** What a check answers: what was shown, or why not. The shape of a verdict of `sasl`. */
export type Verdict<Who> = { readonly who: Who } | { readonly why: Why };

/**
 * Checks a name and a password: an app password, the main one, or the main one with a one-time code at its
 * end.
 */
export async function provePassword(
  parts: AttemptParts,
  attempt: Attempt,
  typed: string,
  octets: Uint8Array,
): Promise<Verdict<Proof>> {
  attempt.name(typed);
  if (octets.length > PASSWORD_OCTETS_MAX) return { why: "password-too-long" };
  const identified = await attempt.identify(typed, octets);
  if ("why" in identified) return identified;
  const { login } = identified;
  const appPassword = findAppPassword(parts.box, login?.credentials ?? [], octets);
  if (appPassword !== undefined) {
    const onOpened = (): void => void renewAppPassword(parts, appPassword, octets);
    return { who: { login, credential: appPassword, isSecondFactorShown: true, onOpened } };
  }
  const totp = login?.credentials.find(({ kind }) => kind === "totp");
  const parted = totp?.scopes?.includes(TOTP_SUFFIX) === true ? splitCode(octets) : undefined;
  const match = await parts.checker.find(login, parted?.password ?? octets);
  if (match === "busy") return { why: { fault: "busy" } };
  if (login === undefined) return { why: "unknown-name" };
  if (match === undefined) return { why: "wrong-password" };
  const proof = { login, credential: match.credential, onOpened: () => match.remember() };
  if (totp === undefined || parted === undefined) return { who: { ...proof, isSecondFactorShown: false } };
  const why = await whyNotCode(parts, login, totp, parted.code);
  return why === undefined ? { who: { ...proof, isSecondFactorShown: true } } : { why };
}

/** Each code works once, whichever node it is shown to. RFC 6238 §5.2. */
export async function whyNotCode(
  parts: AttemptParts,
  { isDisabled }: Login,
  totp: Credential,
  code: string,
): Promise<Why | undefined> {
  if (!(await parts.door.mayShowCode(totp.credentialId, code))) return "second-factor-guessed";
  const secret = openSealed(parts, SEALED_TOTP, totp);
  const step = secret === undefined ? undefined : totpStep(secret, code, parts.nowMs());
  if (step === undefined) return "second-factor-wrong";
  if (isDisabled) return undefined;
  const isFirst = await parts.directory.claimStep(totp.credentialId, step);
  if (isFault(isFirst)) return isFirst;
  if (!isFirst) return "second-factor-wrong";
  await parts.door.codeAccepted(totp.credentialId);
  return undefined;
}

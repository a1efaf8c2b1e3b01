import type { CredentialKind, Login } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import type { BearerClaim } from "@poplar/sasl";
import type { Attempt, AttemptParts, Proof } from "./attempt.ts";
import { TokenAuthorityDown, type TokenJudge } from "./oauth.ts";
import type { Verdict } from "./prove-password.ts";
import { resolveLogin } from "./resolve-login.ts";

/** The login of whoever showed a client certificate: by its fingerprint, its subject, or an address in it. */
export async function proveCertificate(
  { directory, names }: AttemptParts,
  attempt: Attempt,
  { areEmailsLogins }: { readonly areEmailsLogins: boolean },
): Promise<Verdict<Proof>> {
  const certificate = attempt.peer.clientCertificate();
  if (certificate === undefined) return { why: "unknown-certificate" };
  const { subject, emails, fingerprint } = certificate;
  attempt.name(subject);
  const verifiers = [
    `sha256:${fingerprint}`,
    `subject:${subject}`,
    ...emails.map((email) => `email:${email.toLowerCase()}`),
  ];
  const mapped = await directory.findByCredential("client-certificate", verifiers);
  if (isFault(mapped)) return { why: mapped };
  if (mapped !== undefined) return proven(mapped, "client-certificate", verifiers);
  // One address, one person: with two nobody can tell which of them is meant.
  const [email, ...others] = emails;
  if (!areEmailsLogins || email === undefined || others.length > 0) return { why: "unknown-certificate" };
  const login = await resolveLogin(directory, names, email, attempt.peer);
  if (isFault(login)) return { why: login };
  if (login === undefined) return { why: "unknown-certificate" };
  return { who: { login, credential: undefined, isSecondFactorShown: true } };
}

/** The login that a token speaks for: as an operator has mapped its subject, or as its claim says. */
export async function proveToken(
  { directory, names, log }: AttemptParts,
  attempt: Attempt,
  judge: TokenJudge,
  { token, authzid }: BearerClaim,
): Promise<Verdict<Proof>> {
  // What the token says of its bearer is not believed yet: but it says whose door he waits at.
  attempt.name(authzid ?? judge.claimedLogin(token) ?? "");
  // To judge a token can mean to ask its issuer.
  const why = await attempt.approach();
  if (why !== undefined) return { why };
  let identity: Awaited<ReturnType<TokenJudge["judge"]>>;
  try {
    identity = await judge.judge(token);
  } catch (err) {
    if (!(err instanceof TokenAuthorityDown)) throw err;
    log?.error({ event: "token-authority-down", err }, err.message);
    return { why: { fault: "storage-down", cause: err } };
  }
  if (typeof identity === "string") return { why: identity };
  if (authzid === undefined) attempt.name(identity.login ?? identity.subject);
  const mapped = await directory.findByCredential("oauth-subject", [identity.subject]);
  if (isFault(mapped)) return { why: mapped };
  if (mapped !== undefined) return proven(mapped, "oauth-subject", [identity.subject], authzid);
  if (identity.login === undefined) return { why: "token-without-login" };
  const login = await resolveLogin(directory, names, identity.login, attempt.peer);
  if (isFault(login)) return { why: login };
  if (login === undefined) return { why: "unknown-name" };
  return { who: { login, credential: undefined, isSecondFactorShown: true, authzid } };
}

/** A login that was found by a credential in which somebody else vouches for its bearer. */
function proven(
  login: Login,
  kind: CredentialKind,
  verifiers: readonly string[],
  authzid?: string,
): Verdict<Proof> {
  const credential = login.credentials.find(
    (each) => each.kind === kind && verifiers.includes(each.verifier),
  );
  return { who: { login, credential, isSecondFactorShown: true, authzid } };
}

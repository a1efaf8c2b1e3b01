import type { Credential, CredentialKind } from "@poplar/maildrop";
import { type HmacSecret, isApopDigest, type ScramVerifier } from "@poplar/sasl";
import type { Attempt, AttemptParts, Proof } from "./attempt.ts";
import { hmacMd5From } from "./hmac-md5-state.ts";
import { openSealed } from "./open-sealed.ts";
import type { Verdict } from "./prove-password.ts";
import { inventScramVerifier, parseScramVerifier, type ScramMechanism } from "./scram-verifier.ts";
import { SEALED_CRAM_MD5, SEALED_SCRAM, SEALED_SECRET } from "./sealed-purposes.ts";
import type { SecretBox } from "./secret-box.ts";

/** A secret that was opened, and whose it is. */
interface Opened {
  readonly credential: Credential | undefined;
  readonly secret: string;
}

/** Checks an APOP digest against each secret of the login. RFC 1939 §7. */
export async function proveApop(
  parts: AttemptParts,
  attempt: Attempt,
  typed: string,
  { digest, timestamp }: { readonly digest: string; readonly timestamp: string },
): Promise<Verdict<Proof>> {
  const identified = await attempt.identify(typed);
  if ("why" in identified) return identified;
  const { login } = identified;
  const secrets = openAll(parts, attempt, login?.credentials ?? [], "shared-secret");
  const match = secrets.find(({ secret }) => isApopDigest(timestamp, secret, digest));
  if (match === undefined) return { why: "wrong-proof" };
  return { who: { login, credential: match.credential, isSecondFactorShown: false } };
}

/** Finds the secret that DIGEST-MD5 computes with, or makes one up that nobody knows. */
export async function findSecret(
  parts: AttemptParts,
  attempt: Attempt,
  typed: string,
): Promise<Verdict<{ readonly who: Proof; readonly secret: string }>> {
  const identified = await attempt.identify(typed);
  if ("why" in identified) return identified;
  const { login } = identified;
  const [{ credential, secret }] = openAll(parts, attempt, login?.credentials ?? [], "shared-secret");
  return { who: { who: { login, credential, isSecondFactorShown: false }, secret } };
}

/** All of them for CRAM-MD5, which can also do with what Dovecot stores for it. */
export async function findHmacSecrets(
  parts: AttemptParts,
  attempt: Attempt,
  typed: string,
): Promise<Verdict<readonly HmacSecret<Proof>[]>> {
  const identified = await attempt.identify(typed);
  if ("why" in identified) return identified;
  const { login } = identified;
  const { credentials = [] } = login ?? {};
  const hasSecret = credentials.some(({ kind }) => kind === "shared-secret");
  const kind = hasSecret ? "shared-secret" : "cram-md5";
  const secrets = openAll(parts, attempt, credentials, kind).map(
    ({ credential, secret }): HmacSecret<Proof> => {
      const who: Proof = { login, credential, isSecondFactorShown: false };
      if (credential?.kind !== "cram-md5") return { who, secret };
      const state = Buffer.from(secret, "hex");
      return { who, secret: (text) => hmacMd5From(state, Buffer.from(text)) };
    },
  );
  return { who: secrets };
}

/**
 * Finds the SCRAM verifier of a login, or makes up the one that a name always has which has none. Both are
 * done for every name: the first answer says neither which it was nor takes longer for it.
 */
export async function findScramVerifier(
  parts: AttemptParts & { readonly box: SecretBox },
  attempt: Attempt,
  mechanism: ScramMechanism,
  typed: string,
): Promise<Verdict<{ readonly who: Proof; readonly verifier: ScramVerifier; readonly isGenuine: boolean }>> {
  const identified = await attempt.identify(typed);
  if ("why" in identified) return identified;
  const { login } = identified;
  const kind = mechanism === "SCRAM-SHA-1" ? "scram-sha-1" : "scram-sha-256";
  const credential = login?.credentials.find((each) => each.kind === kind && each.label === undefined);
  const stored =
    credential === undefined ? parts.box.openDecoy() : openSealed(parts, SEALED_SCRAM, credential);
  const genuine = stored === undefined ? undefined : parseScramVerifier(stored);
  const invented = inventScramVerifier(parts.box, mechanism, attempt.canonical);
  if (genuine === undefined) attempt.presume("no-such-credential");
  const verifier = genuine ?? invented;
  const who: Proof = { login, credential, isSecondFactorShown: false };
  return { who: { who, verifier, isGenuine: genuine !== undefined } };
}

/**
 * All secrets of a kind, the main one first; where there is none, one that nobody knows, so that all goes on
 * alike.
 */
function openAll(
  parts: AttemptParts,
  attempt: Attempt,
  credentials: readonly Credential[],
  kind: Extract<CredentialKind, "shared-secret" | "cram-md5">,
): readonly [Opened, ...Opened[]] {
  const purpose = kind === "cram-md5" ? SEALED_CRAM_MD5 : SEALED_SECRET;
  const [first, ...others] = credentials
    .filter((credential) => credential.kind === kind)
    .toSorted((one, other) => Number(one.label !== undefined) - Number(other.label !== undefined))
    .flatMap((credential): Opened[] => {
      const secret = openSealed(parts, purpose, credential);
      return secret === undefined ? [] : [{ credential, secret }];
    });
  if (first !== undefined) return [first, ...others];
  attempt.presume("no-such-credential");
  return [{ credential: undefined, secret: parts.box?.openDecoy() ?? "" }];
}

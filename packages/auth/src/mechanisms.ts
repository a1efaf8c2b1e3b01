import type { Peer } from "@poplar/maildrop";
import {
  type ChannelBindings,
  cramMd5,
  digestMd5,
  type Exchange,
  external,
  login,
  oauthBearer,
  plain,
  scram,
  xoauth2,
} from "@poplar/sasl";
import type { Attempt, AttemptParts, Proof, Why } from "./attempt.ts";
import type { TokenJudge } from "./oauth.ts";
import { provePassword } from "./prove-password.ts";
import { findHmacSecrets, findScramVerifier, findSecret } from "./prove-secret.ts";
import { proveCertificate, proveToken } from "./prove-vouched.ts";
import { type ScramMechanism, scramHashOf } from "./scram-verifier.ts";

/** What the mechanisms need beside what every attempt does. */
export interface MechanismParts extends AttemptParts {
  readonly hostname: string;
  /** The host names that a client of DIGEST-MD5 may mean, in lower case. */
  readonly hosts: readonly string[];
  readonly judge: TokenJudge | undefined;
  /** What a client is told that a token needs. RFC 7628 §3.2.2. */
  readonly oauthScope: string | undefined;
  readonly areCertificateEmailsLogins: boolean;
}

/** The mechanisms of this room, the strongest first: some clients take the first that they know. */
export const SASL_MECHANISMS = [
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "OAUTHBEARER",
  "XOAUTH2",
  "CRAM-MD5",
  "DIGEST-MD5",
  "PLAIN",
  "LOGIN",
] as const;

/** One of them. */
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** Could anybody succeed by it on this connection? */
export function isPossible(parts: MechanismParts, mechanism: SaslMechanism, peer: Peer): boolean {
  switch (mechanism) {
    case "SCRAM-SHA-256-PLUS":
    case "SCRAM-SHA-1-PLUS":
      return parts.box !== undefined && peer.isTlsActive && peer.channelBindings().size > 0;
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-1":
    case "CRAM-MD5":
    case "DIGEST-MD5":
      return parts.box !== undefined;
    case "EXTERNAL":
      return peer.isTlsActive && peer.clientCertificate() !== undefined;
    case "OAUTHBEARER":
    case "XOAUTH2":
      // RFC 7628 §4: a token is as good as a password, and works elsewhere, too.
      return parts.judge !== undefined && peer.isTlsActive;
    case "PLAIN":
    case "LOGIN":
      return peer.isTlsActive || peer.isPlaintextAllowed === true;
  }
}

/** What an exchange is begun with, beside its mechanism. */
export interface Beginning {
  /** `<unique@host>`, never the same twice. */
  readonly makeTimestamp: () => string;
  /** Is SCRAM's -PLUS on offer here? Then a client that says we lack it was lied to. RFC 5802 §6. */
  readonly isPlusOffered: boolean;
}

/** Begins a mechanism that is possible here. */
export function beginMechanism(
  parts: MechanismParts,
  attempt: Attempt,
  mechanism: SaslMechanism,
  { makeTimestamp, isPlusOffered }: Beginning,
): Exchange<Proof, Why> {
  switch (mechanism) {
    case "PLAIN":
      return plain(async (typed, password) => provePassword(parts, attempt, typed, password));
    case "LOGIN":
      return login(async (typed, password) => provePassword(parts, attempt, typed, password));
    case "CRAM-MD5":
      return cramMd5(makeTimestamp(), async (typed) => findHmacSecrets(parts, attempt, typed));
    case "DIGEST-MD5": {
      const { hostname: realm, hosts } = parts;
      return digestMd5({ realm, hosts }, async (typed) => findSecret(parts, attempt, typed));
    }
    case "SCRAM-SHA-256-PLUS":
      return beginScram(parts, attempt, { mechanism: "SCRAM-SHA-256", isPlus: true, isPlusOffered });
    case "SCRAM-SHA-1-PLUS":
      return beginScram(parts, attempt, { mechanism: "SCRAM-SHA-1", isPlus: true, isPlusOffered });
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-1":
      return beginScram(parts, attempt, { mechanism, isPlus: false, isPlusOffered });
    case "EXTERNAL": {
      const areEmailsLogins = parts.areCertificateEmailsLogins;
      return external(async () => proveCertificate(parts, attempt, { areEmailsLogins }));
    }
    case "OAUTHBEARER":
    case "XOAUTH2":
      return beginBearer(parts, attempt, mechanism);
  }
}

interface ScramBeginning {
  readonly mechanism: ScramMechanism;
  readonly isPlus: boolean;
  readonly isPlusOffered: boolean;
}

function beginScram(
  { box, ...parts }: MechanismParts,
  attempt: Attempt,
  { mechanism, isPlus, isPlusOffered }: ScramBeginning,
): Exchange<Proof, Why> {
  if (box === undefined) return impossible;
  const bindings: ChannelBindings = isPlusOffered ? attempt.peer.channelBindings() : new Map();
  return scram({ hash: scramHashOf(mechanism), isPlus, bindings }, async (typed) =>
    findScramVerifier({ ...parts, box }, attempt, mechanism, typed),
  );
}

function beginBearer(
  parts: MechanismParts,
  attempt: Attempt,
  mechanism: "OAUTHBEARER" | "XOAUTH2",
): Exchange<Proof, Why> {
  const { judge, oauthScope } = parts;
  if (judge === undefined) return impossible;
  const verify: Parameters<typeof oauthBearer<Proof, Why>>[0] = async (claim) =>
    proveToken(parts, attempt, judge, claim);
  if (mechanism === "XOAUTH2") return xoauth2(verify, oauthScope ?? "");
  const scope = oauthScope === undefined ? {} : { scope: oauthScope };
  return oauthBearer(verify, { status: "invalid_token", ...scope });
}

/** Nobody begins what is not offered. */
const impossible: Exchange<Proof, Why> = { next: async () => ({ step: "refused", why: "unsupported" }) };

import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "@poplar/maildrop";
import { readTlsSession } from "./tls-session.ts";

/**
 * The certificate that the client has shown, if an authority that the operator trusts stands behind it and it
 * has not expired since: a session that is resumed brings it along.
 *
 * Node tells what the check came to only to its own `tls.Server`; the session knows.
 */
export function clientCertificate(secure: TLSSocket): ClientCertificate | undefined {
  const session = secure.getSession();
  const certificate = secure.getPeerX509Certificate();
  if (certificate === undefined || session === undefined) return undefined;
  const isTrusted = readTlsSession(session)?.verifyResult === 0;
  return isTrusted && certificate.validToDate.getTime() > Date.now() ? describe(certificate) : undefined;
}

/** What a certificate says of its bearer. */
export const describe = (certificate: X509Certificate): ClientCertificate => ({
  subject: subjectOf(certificate),
  emails: emailsOf(certificate),
  fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
});

/**
 * RFC 4514 §2.1 begins at the end of the name. OpenSSL has escaped the values (§2.4); it writes each part on
 * a line, and " + " within one.
 */
const subjectOf = ({ subject }: X509Certificate): string =>
  subject
    .split("\n")
    .toReversed()
    .join(",")
    .replaceAll(/(?<!\\) \+ /g, "+");

/**
 * Alternative names, which commas separate; Node quotes those that have commas or worse in them, and no
 * address does.
 */
const ALTERNATIVE_NAME = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;

const emailPrefix = "email:";

function emailsOf({ subjectAltName }: X509Certificate): readonly string[] {
  const names = (subjectAltName ?? "").match(ALTERNATIVE_NAME) ?? [];
  return names
    .map((name) => name.trimStart())
    .filter((name) => name.startsWith(emailPrefix) && !name.includes('"'))
    .map((name) => name.slice(emailPrefix.length));
}

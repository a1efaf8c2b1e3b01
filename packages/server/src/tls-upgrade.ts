import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { CertificateStore } from "./certificate-store.ts";

/** The ALPN name of POP3. RFC 8314 has no other; IANA registry of ALPN protocol ids. */
const popProtocol = "pop3";

/** First octet of a TLS connection (a handshake record, RFC 8446 §5.1), and of no POP3 command. */
export const tlsFirstOctet = 0x16;

/**
 * Begins the server's side of a TLS handshake on a connection. What the raw socket holds unread is taken for
 * part of the handshake, so nothing that came in clear can become a command (RFC 2595 §4).
 *
 * Emits `secure` when done, or `error` and `close`.
 */
export function beginTls(socket: Socket, certificates: CertificateStore): TLSSocket {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: certificates.contextFor(undefined),
    // Whether somebody stands behind what the client shows, the authenticator wants to know, and not the
    // handshake.
    requestCert: certificates.isClientAsked,
    rejectUnauthorized: false,
    // A client that speaks other protocols only is being tricked into speaking to us (ALPACA, CVE-2021-3618).
    ALPNCallback: choosePop,
    // Asking costs a turn through JavaScript: only where there is a choice.
    ...(certificates.hasChoice && {
      SNICallback: (serverName, answer) => answer(null, certificates.contextFor(serverName)),
    }),
  });
  secure.disableRenegotiation();
  return secure;
}

const choosePop = ({ protocols }: { readonly protocols: readonly string[] }): string | undefined =>
  protocols.includes(popProtocol) ? popProtocol : undefined;

/** What handshakes come to; the ids are for metrics. */
export type HandshakeOutcome =
  | "accepted"
  | "timeout"
  | "closed-by-client"
  | "not-tls"
  | "no-common-alpn"
  | "no-common-version"
  | "refused-by-client"
  | "stopped"
  | "protocol-error";

const OUTCOMES: ReadonlyMap<string, HandshakeOutcome> = new Map([
  ["ECONNRESET", "closed-by-client"],
  ["EPIPE", "closed-by-client"],
  ["ERR_SSL_NO_APPLICATION_PROTOCOL", "no-common-alpn"],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "no-common-version"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "not-tls"],
  ["ERR_SSL_HTTP_REQUEST", "not-tls"],
]);

/**
 * What a handshake that failed comes to: the error, if there was one, else the reason why it was broken off.
 */
export function handshakeFailure(error: Error | undefined, reason: string | undefined): HandshakeOutcome {
  if (error === undefined) {
    if (reason === "handshake-timeout") return "timeout";
    return reason === "closed-by-client" || reason === undefined ? "closed-by-client" : "stopped";
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // An alert from the client, e.g. because it does not trust the certificate.
  if (/^ERR_SSL_(SSLV3|TLSV1|TLSV13)_ALERT_/.test(code)) return "refused-by-client";
  return OUTCOMES.get(code) ?? "protocol-error";
}

import { createHash, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { readTlsSession } from "./tls-session.ts";

type Bindings = ReadonlyMap<string, Uint8Array>;

const exporterLabel = "EXPORTER-Channel-Binding";
const exporterOctets = 32;

/** What ties a SASL exchange to this TLS connection, by type. RFC 5929, RFC 9266. */
export function channelBindings(secure: TLSSocket): Bindings {
  const bindings = new Map<string, Uint8Array>();
  const add = (type: string, octets: Uint8Array | undefined): void => {
    if (octets !== undefined) bindings.set(type, octets);
  };
  const isTls13 = secure.getProtocol() === "TLSv1.3";
  // RFC 9266 §4.2: before TLS 1.3 the exporter binds only under conditions; there is tls-unique.
  if (isTls13) {
    add("tls-exporter", secure.exportKeyingMaterial(exporterOctets, exporterLabel, Buffer.alloc(0)));
  } else add("tls-unique", tlsUnique(secure));
  const certificate = secure.getX509Certificate();
  if (certificate !== undefined) add("tls-server-end-point", tlsServerEndPoint(certificate));
  return bindings;
}

/**
 * The first Finished message: the client's, or the server's when a session was resumed. RFC 5929 §3. Without
 * the extended master secret it is not unique (RFC 7677 §4, RFC 7627 §1).
 */
function tlsUnique(secure: TLSSocket): Uint8Array | undefined {
  const session = secure.getSession();
  if (session === undefined || readTlsSession(session)?.hasExtendedMasterSecret !== true) return undefined;
  return secure.isSessionReused() ? secure.getFinished() : secure.getPeerFinished();
}

/**
 * Hash of the certificate that the server has shown, by the hash of its signature; SHA-256 for those that are
 * broken. RFC 5929 §4. A signature that names no hash, such as Ed25519's, has no such binding.
 */
function tlsServerEndPoint(certificate: X509Certificate): Uint8Array | undefined {
  const named = /(?:md|sha-?)(?<bits>5|1|224|256|384|512)(?![0-9])/i.exec(
    certificate.signatureAlgorithm ?? "",
  );
  const bits = named?.groups?.["bits"];
  if (bits === undefined) return undefined;
  const hash = bits === "5" || bits === "1" ? "sha256" : `sha${bits}`;
  return createHash(hash).update(certificate.raw).digest();
}

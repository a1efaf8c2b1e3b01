import { X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "@poplar/config";
import type { CertificateEntry } from "@poplar/operations";
import { type CertificateStore, openCertificateStore } from "@poplar/server";
import type { Events } from "@poplar/telemetry";
import { generate } from "selfsigned";
import { StartupError } from "./startup-error.ts";

const dayMs = 24 * 3600 * 1000;
const validDays = 825;
/** A self-signed certificate is made anew when it has so little time left. */
const renewDays = 30;

/** Certificates, and what they say of themselves. */
export interface Certificates {
  readonly store: CertificateStore;
  readonly inUse: () => readonly CertificateEntry[];
}

/**
 * Opens the configured certificates; without one, a self-signed certificate that is kept in the data folder.
 */
export async function openCertificates(config: Config, events: Events): Promise<Certificates> {
  const { tlsCert, tlsKey } = config;
  const first =
    tlsCert === undefined || tlsKey === undefined
      ? await selfSigned(config)
      : { certificateFile: tlsCert, keyFile: tlsKey };
  const bySni = config.certificates.map(({ cert, key }) => ({ certificateFile: cert, keyFile: key }));
  const inUse = new Map<string, CertificateEntry>();
  const store = await openCertificateStore({
    certificates: [first, ...bySni],
    clientAuthorityFiles: config.clientAuthorities,
    events: {
      certificateReloaded: (event) => {
        inUse.set(event.subject, { subject: event.subject, notAfter: event.notAfter.toISOString() });
        events.certificateReloaded(event);
      },
      certificateRefused: (event) => events.certificateRefused(event),
    },
  });
  return { store, inUse: () => [...inUse.values()] };
}

async function selfSigned({ dataDir, hostname }: Config) {
  const folder = join(dataDir, "tls");
  const files = {
    certificateFile: join(folder, "self-signed.crt"),
    keyFile: join(folder, "self-signed.key"),
  };
  if (await isUsable(files.certificateFile, hostname)) return files;
  const { cert, private: key } = await generate([{ name: "commonName", value: hostname }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + validDays * dayMs),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: hostname },
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(files.keyFile, key, { mode: 0o600 });
    await writeFile(files.certificateFile, cert);
  } catch (err) {
    throw new StartupError(
      `The self-signed certificate cannot be kept in ${folder}: make the data folder writable, choose another one ` +
        "with --data-dir, or give a certificate with --tls-cert and --tls-key.",
      err,
    );
  }
  return files;
}

async function isUsable(certificateFile: string, hostname: string): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(certificateFile));
    const leftMs = certificate.validToDate.getTime() - Date.now();
    return leftMs > renewDays * dayMs && certificate.checkHost(hostname) !== undefined;
  } catch {
    return false;
  }
}

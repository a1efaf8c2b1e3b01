import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

/** Where a certificate (with its chain, leaf first) and its private key lie, in PEM. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What is wrong with a certificate. */
export type CertificateFlaw =
  | "unreadable"
  | "not-a-certificate"
  | "not-a-key"
  | "key-mismatch"
  | "not-a-revocation-list";

const FLAWS: Readonly<Record<CertificateFlaw, string>> = {
  unreadable: "cannot be read",
  "not-a-certificate": "holds no certificate in PEM",
  "not-a-key": "holds no unencrypted private key in PEM",
  "key-mismatch": "is not the key of the certificate",
  "not-a-revocation-list": "holds a revocation list that is none",
};

/** A certificate or key that cannot be used. The message names the file, and holds nothing of its content. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  /** A file of the operator's, and no bug: the log needs no stack. */
  readonly isForeseen = true;
  readonly file: string;
  readonly flaw: CertificateFlaw;

  constructor(file: string, flaw: CertificateFlaw, cause?: unknown) {
    super(`${file} ${FLAWS[flaw]}`, cause === undefined ? undefined : { cause });
    this.file = file;
    this.flaw = flaw;
  }
}

/** A certificate whose key fits. */
export interface Certificate {
  readonly chain: Buffer;
  readonly key: Buffer;
  /** E.g. `CN=mail.example.test`. */
  readonly subject: string;
  readonly notAfter: Date;
  /** Host names in lower case, perhaps with a `*` as first label. */
  readonly names: readonly string[];
}

/** Reads a pair. @throws CertificateError */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const [chain, key] = await Promise.all([readPem(files.certificateFile), readPem(files.keyFile)]);
  const leaf = parse(files.certificateFile, "not-a-certificate", () => new X509Certificate(chain));
  const privateKey: KeyObject = parse(files.keyFile, "not-a-key", () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) throw new CertificateError(files.keyFile, "key-mismatch");
  return {
    chain,
    key,
    subject: leaf.subject.replaceAll("\n", ", "),
    notAfter: new Date(leaf.validTo),
    names: namesOf(leaf),
  };
}

/** Authorities whose clients' certificates are believed. */
export interface Authorities {
  readonly pem: Buffer;
  /** Their revocation lists, in PEM. RFC 5280 §5. */
  readonly revocationLists: readonly string[];
}

const revocationList = /-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g;

/**
 * Reads certificates of authorities, one or more, and the revocation lists that stand beside them.
 *
 * @throws CertificateError
 */
export async function readAuthorities(file: string): Promise<Authorities> {
  const pem = await readPem(file);
  parse(file, "not-a-certificate", () => new X509Certificate(pem));
  const revocationLists = pem.toString("latin1").match(revocationList) ?? [];
  parse(file, "not-a-revocation-list", () => createSecureContext({ crl: revocationLists }));
  return { pem, revocationLists };
}

/** The names of the alternative name extension; the common name is no name any more (RFC 9525 §6.3). */
function namesOf(leaf: X509Certificate): readonly string[] {
  const alternatives = leaf.subjectAltName?.split(", ") ?? [];
  return alternatives
    .filter((name) => name.startsWith("DNS:"))
    .map((name) => name.slice("DNS:".length).toLowerCase());
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (err) {
    throw new CertificateError(file, "unreadable", err);
  }
}

function parse<T>(file: string, flaw: CertificateFlaw, read: () => T): T {
  try {
    return read();
  } catch (err) {
    throw new CertificateError(file, flaw, err);
  }
}

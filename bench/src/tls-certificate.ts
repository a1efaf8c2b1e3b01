import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Where a certificate and its key lie, PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Keys of servers: RSA with 2048 bits, as in the goals, or P-256. */
export type KeyKind = "rsa" | "ec";

const keyArguments: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ["-newkey", "rsa:2048"],
  ec: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
};

/** Makes a self-signed certificate in a folder; every server that is measured gets one of the same kind. */
export function makeCertificate(directory: string, kind: KeyKind): CertificateFiles {
  const files = { cert: join(directory, "tls.crt"), key: join(directory, "tls.key") };
  const place = ["-keyout", files.key, "-out", files.cert, "-days", "30", "-subj", "/CN=localhost"];
  execFileSync("openssl", ["req", "-x509", "-nodes", ...keyArguments[kind], ...place], { stdio: "ignore" });
  return files;
}

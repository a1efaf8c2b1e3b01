import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateFiles } from "@poplar/server";
import { generate } from "selfsigned";

/** A self-signed certificate for some names, EC. */
export async function makeCertificate(
  ...names: readonly [string, ...string[]]
): Promise<{ readonly certificate: string; readonly key: string }> {
  const pems = await generate([{ name: "commonName", value: names[0] }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  return { certificate: pems.cert, key: pems.private };
}

/** A directory for certificates that is gone when the test is. */
export class CertificateDirectory implements AsyncDisposable {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<CertificateDirectory> {
    return new CertificateDirectory(await mkdtemp(join(tmpdir(), "poplar-certificates-")));
  }

  /** Writes a pair under a name, over an older one perhaps. */
  async put(
    name: string,
    pair: { readonly certificate: string; readonly key: string },
  ): Promise<CertificateFiles> {
    const files = {
      certificateFile: join(this.path, `${name}.pem`),
      keyFile: join(this.path, `${name}.key`),
    };
    await writeFile(files.certificateFile, pair.certificate);
    await writeFile(files.keyFile, pair.key, { mode: 0o600 });
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

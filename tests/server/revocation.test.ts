import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { TLSSocket } from "node:tls";
import { CertificateError, openCertificateStore } from "@poplar/server";
import { runWell } from "../fixtures/run-program.ts";
import { Lab } from "./lab.ts";
import { CertificateDirectory, makeCertificate } from "./lab-certificates.ts";
import { LabEvents } from "./lab-events.ts";

/** An authority that gives out certificates and takes them back, as people have it: openssl. */
class Authority {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(folder: string): Promise<Authority> {
    const authority = new Authority(folder);
    const { config } = authority;
    await writeFile(join(folder, "index.txt"), "");
    await writeFile(
      config,
      `[ca]\ndefault_ca=me\n[me]\ndatabase=${folder}/index.txt\nnew_certs_dir=${folder}\nrand_serial=yes
default_md=sha256\ndefault_crl_days=1\ndefault_days=1\npolicy=any\ncertificate=${folder}/ca.pem
private_key=${folder}/ca.key\ncopy_extensions=copy\n[any]\ncommonName=supplied\n`,
    );
    const make = ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    const files = ["-keyout", join(folder, "ca.key"), "-out", join(folder, "ca.pem")];
    await runWell("openssl", [...make, ...files, "-subj", "/CN=Authority", "-days", "2"]);
    return authority;
  }

  get config(): string {
    return join(this.#folder, "ca.cnf");
  }

  async issue(name: string): Promise<{ readonly cert: string; readonly key: string }> {
    const [key, request, cert] = ["key", "csr", "pem"].map((kind) => join(this.#folder, `${name}.${kind}`));
    const make = ["req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    await runWell("openssl", [...make, "-keyout", key!, "-out", request!, "-subj", `/CN=${name}`]);
    await runWell("openssl", ["ca", "-batch", "-config", this.config, "-in", request!, "-out", cert!]);
    return { cert: await readFile(cert!, "utf8"), key: await readFile(key!, "utf8") };
  }

  async revoke(name: string): Promise<void> {
    await runWell("openssl", ["ca", "-config", this.config, "-revoke", join(this.#folder, `${name}.pem`)]);
  }

  /** Its certificate, and beside it the list of those that it has taken back. */
  async pem(): Promise<string> {
    const list = join(this.#folder, "crl.pem");
    await runWell("openssl", ["ca", "-config", this.config, "-gencrl", "-out", list]);
    return (await readFile(join(this.#folder, "ca.pem"), "utf8")) + (await readFile(list, "utf8"));
  }
}

test("a certificate that its authority has taken back is nobody's, in a session that is resumed, too (RFC 5280 §5)", async () => {
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await CertificateDirectory.make());
  const authority = await Authority.make(directory.path);
  const [alice, bob] = [await authority.issue("alice"), await authority.issue("bob")];
  const file = join(directory.path, "authorities.pem");
  await writeFile(file, await authority.pem());
  const server = await makeCertificate("localhost");
  const certificates = await openCertificateStore({
    certificates: [await directory.put("server", server)],
    clientAuthorityFiles: [file],
    events: new LabEvents().events,
  });
  resources.defer(() => certificates.close());
  const lab = resources.use(await Lab.start({ certificates }));
  lab.authenticator.offered = ["PLAIN"];
  const meet = async (options: object) => {
    const client = await lab.connectTls({ ca: server.certificate, ...options });
    await client.ask("AUTH PLAIN");
    assert.ok(client.socket instanceof TLSSocket);
    return { socket: client.socket, subject: lab.authenticator.peers.at(-1)?.clientCertificate()?.subject };
  };
  const before = await meet(alice);
  assert.equal(before.subject, "CN=alice");
  assert.equal((await meet(bob)).subject, "CN=bob");

  await authority.revoke("alice");
  await writeFile(file, await authority.pem());
  assert.equal(await certificates.reload(), true);
  assert.equal((await meet(alice)).subject, undefined);
  assert.equal((await meet({ ...alice, session: before.socket.getSession() })).subject, undefined);
  assert.equal((await meet(bob)).subject, "CN=bob");
});

test("a revocation list that is none is refused, and the file is named", async () => {
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await CertificateDirectory.make());
  const server = await makeCertificate("localhost");
  const { certificateFile } = await directory.put("server", server);
  const file = join(directory.path, "authorities.pem");
  await writeFile(
    file,
    `${server.certificate}\n-----BEGIN X509 CRL-----\nbm9uZQ==\n-----END X509 CRL-----\n`,
  );
  const opening = openCertificateStore({
    certificates: [{ certificateFile, keyFile: certificateFile.replace(/pem$/, "key") }],
    clientAuthorityFiles: [file],
    events: new LabEvents().events,
  });
  await assert.rejects(opening, (err) => err instanceof CertificateError && err.file === file);
});

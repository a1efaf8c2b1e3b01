import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type ConnectionOptions, TLSSocket } from "node:tls";
import type { ClientCertificate, Peer } from "@poplar/maildrop";
import { CertificateError, openCertificateStore } from "@poplar/server";
import { generate } from "selfsigned";
import { Lab } from "./lab.ts";
import { CertificateDirectory, makeCertificate } from "./lab-certificates.ts";
import { LabEvents } from "./lab-events.ts";

type Pair = { readonly certificate: string; readonly key: string };

/** OpenSSL's SSL_OP_NO_EXTENDED_MASTER_SECRET, which Node does not name. */
const noExtendedMasterSecret = 1;

const SERVER = await makeCertificate("localhost");

/** The certificate of a person, who is his own authority. */
async function personal(name: string, changes: Parameters<typeof generate>[1] = {}): Promise<Pair> {
  const attributes = [
    { name: "organizationName", value: String.raw`Example\, Inc.` },
    { name: "commonName", value: name },
  ];
  const pems = await generate(attributes, {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 1, value: `${name}@example.test` },
          { type: 6, value: "https://example.test/a, email:mallory@example.test" },
          { type: 2, value: "example.test" },
        ],
      },
    ],
    ...changes,
  });
  return { certificate: pems.cert, key: pems.private };
}

const [ALICE, MALLORY] = await Promise.all([personal("alice"), personal("mallory")]);

/** A lab whose clients may show certificates, if somebody is trusted. */
async function start(resources: AsyncDisposableStack, trusted?: Pair) {
  const directory = resources.use(await CertificateDirectory.make());
  const authority = trusted && (await directory.put("authority", trusted)).certificateFile;
  const certificates = await openCertificateStore({
    certificates: [await directory.put("server", SERVER)],
    ...(authority !== undefined && { clientAuthorityFiles: [authority] }),
    events: new LabEvents().events,
  });
  resources.defer(() => certificates.close());
  const lab = resources.use(await Lab.start({ certificates }));
  lab.authenticator.offered = ["PLAIN"];
  return { lab, certificates, directory };
}

/** Connects with TLS. @returns the client's socket, and what the authenticator can know of it. */
async function meet(lab: Lab, options: ConnectionOptions): Promise<{ socket: TLSSocket; peer: Peer }> {
  const client = await lab.connectTls({ ca: SERVER.certificate, ...options });
  await client.ask("AUTH PLAIN");
  const peer = lab.authenticator.peers.at(-1);
  assert.ok(client.socket instanceof TLSSocket && peer !== undefined);
  return { socket: client.socket, peer };
}

const shown = async (lab: Lab, { certificate, key }: Pair): Promise<ClientCertificate | undefined> =>
  (await meet(lab, { cert: certificate, key })).peer.clientCertificate();

const hex = (octets: Uint8Array | undefined): string | undefined =>
  octets && Buffer.from(octets).toString("hex");

test("over TLS 1.3 both ends export the same octets (RFC 9266 §4)", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab } = await start(resources);
  const { socket, peer } = await meet(lab, {});
  const exported = socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
  assert.equal(hex(peer.channelBindings().get("tls-exporter")), hex(exported));
  assert.equal(peer.channelBindings().has("tls-unique"), false);
});

test("over TLS 1.2 the first Finished message binds, resumed or not (RFC 5929 §3)", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab } = await start(resources);
  const first = await meet(lab, { maxVersion: "TLSv1.2" });
  assert.equal(hex(first.peer.channelBindings().get("tls-unique")), hex(first.socket.getFinished()));
  assert.equal(first.peer.channelBindings().has("tls-exporter"), false);
  const back = await meet(lab, { maxVersion: "TLSv1.2", session: first.socket.getSession() });
  assert.equal(back.socket.isSessionReused(), true);
  assert.equal(hex(back.peer.channelBindings().get("tls-unique")), hex(back.socket.getPeerFinished()));
});

test("without the extended master secret there is no tls-unique (RFC 7627)", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab } = await start(resources);
  const { peer } = await meet(lab, { maxVersion: "TLSv1.2", secureOptions: noExtendedMasterSecret });
  assert.deepEqual([...peer.channelBindings().keys()], ["tls-server-end-point"]);
});

test("the server's certificate binds by the hash of its signature (RFC 5929 §4)", async () => {
  for (const [signature, hash] of [
    ["sha256", "sha256"],
    ["sha384", "sha384"],
    ["sha1", "sha256"],
  ] as const) {
    await using resources = new AsyncDisposableStack();
    const { lab, certificates, directory } = await start(resources);
    const pems = await generate([{ name: "commonName", value: "localhost" }], { algorithm: signature });
    await directory.put("server", { certificate: pems.cert, key: pems.private });
    assert.equal(await certificates.reload(), true);
    const { socket, peer } = await meet(lab, { rejectUnauthorized: false });
    const expected = createHash(hash).update(socket.getPeerCertificate().raw).digest("hex");
    assert.equal(hex(peer.channelBindings().get("tls-server-end-point")), expected, signature);
  }
});

test("a certificate of a trusted authority says who its bearer is, over any TLS, resumed too", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab } = await start(resources, ALICE);
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    const options = { cert: ALICE.certificate, key: ALICE.key, maxVersion };
    const { socket, peer } = await meet(lab, options);
    const certificate = peer.clientCertificate();
    assert.equal(certificate?.subject, String.raw`CN=alice,O=Example\, Inc.`);
    assert.deepEqual(certificate?.emails, ["alice@example.test"]);
    const der = Buffer.from(ALICE.certificate.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    assert.equal(certificate?.fingerprint, createHash("sha256").update(der).digest("hex"));
    const back = await meet(lab, { ...options, session: socket.getSession() });
    assert.equal(back.socket.isSessionReused(), true);
    assert.deepEqual(back.peer.clientCertificate(), certificate);
  }
});

test("a certificate that nobody trusted stands behind, or none, is nobody's, and may log in by password", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab } = await start(resources, ALICE);
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    const stranger = { cert: MALLORY.certificate, key: MALLORY.key, maxVersion };
    const { socket, peer } = await meet(lab, stranger);
    assert.equal(peer.clientCertificate(), undefined);
    const back = await meet(lab, { ...stranger, session: socket.getSession() });
    assert.equal(back.socket.isSessionReused(), true);
    assert.equal(back.peer.clientCertificate(), undefined);
    assert.equal((await meet(lab, { maxVersion })).peer.clientCertificate(), undefined);
  }
  await (await lab.connectTls({ ca: SERVER.certificate })).logIn();
});

test("a certificate that has expired is nobody's", async () => {
  await using resources = new AsyncDisposableStack();
  const old = await personal("alice", {
    notBeforeDate: new Date("2020-01-01"),
    notAfterDate: new Date("2021-01-01"),
  });
  const { lab } = await start(resources, old);
  assert.equal(await shown(lab, old), undefined);
});

test("where no authority is trusted, clients are asked for nothing (RFC 8314)", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab } = await start(resources);
  const { socket, peer } = await meet(lab, { cert: ALICE.certificate, key: ALICE.key });
  assert.equal(peer.clientCertificate(), undefined);
  assert.equal(socket.getSession() === undefined, false);
});

test("an authority that is no longer trusted is not trusted in a session that is resumed either", async () => {
  await using resources = new AsyncDisposableStack();
  const { lab, certificates, directory } = await start(resources, ALICE);
  const { socket, peer } = await meet(lab, { cert: ALICE.certificate, key: ALICE.key });
  assert.equal(peer.clientCertificate()?.emails[0], "alice@example.test");
  await directory.put("authority", MALLORY);
  assert.equal(await certificates.reload(), true);
  const back = await meet(lab, { cert: ALICE.certificate, key: ALICE.key, session: socket.getSession() });
  assert.equal(back.socket.isSessionReused(), false);
  assert.equal(back.peer.clientCertificate(), undefined);
  assert.equal((await shown(lab, MALLORY))?.emails[0], "mallory@example.test");
});

test("an authority's file that holds no certificate is refused, and named", async () => {
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await CertificateDirectory.make());
  const { certificateFile, keyFile } = await directory.put("server", SERVER);
  const opening = openCertificateStore({
    certificates: [{ certificateFile, keyFile }],
    clientAuthorityFiles: [keyFile],
    events: new LabEvents().events,
  });
  await assert.rejects(opening, (err) => err instanceof CertificateError && err.file === keyFile);
});

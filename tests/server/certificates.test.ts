import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { connect, TLSSocket } from "node:tls";
import { CertificateError, openCertificateStore } from "@poplar/server";
import { Lab } from "./lab.ts";
import { CertificateDirectory, makeCertificate } from "./lab-certificates.ts";
import { LabEvents } from "./lab-events.ts";

const [MAIL, OTHER, WILD] = await Promise.all([
  makeCertificate("mail.example.test"),
  makeCertificate("pop.other.test"),
  makeCertificate("*.wild.test", "wild.test"),
]);

/** The names of the certificate that a server presents to a client that asks for a host. */
async function presented(lab: Lab, servername: string | undefined): Promise<string | undefined> {
  const socket = connect({
    host: "127.0.0.1",
    port: lab.port("pop3s"),
    rejectUnauthorized: false,
    ...(servername !== undefined && { servername }),
  });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).subjectAltName;
}

test("each client gets the certificate of the host that it asks for (SNI, RFC 6066 §3)", async () => {
  await using directory = await CertificateDirectory.make();
  const heard = new LabEvents();
  const certificates = await openCertificateStore({
    certificates: [
      await directory.put("mail", MAIL),
      await directory.put("other", OTHER),
      await directory.put("wild", WILD),
    ],
    events: heard.events,
  });
  await using lab = await Lab.start({ certificates });
  assert.equal(await presented(lab, "pop.other.test"), "DNS:pop.other.test");
  assert.equal(await presented(lab, "POP.Other.Test"), "DNS:pop.other.test");
  assert.match((await presented(lab, "a.wild.test"))!, /wild/);
  assert.equal(await presented(lab, "a.b.wild.test"), "DNS:mail.example.test");
  assert.equal(await presented(lab, "unknown.test"), "DNS:mail.example.test");
  assert.equal(await presented(lab, undefined), "DNS:mail.example.test");
  certificates.close();
});

test("the log says what a client asked for, and the login can depend on it", async () => {
  await using directory = await CertificateDirectory.make();
  const certificates = await openCertificateStore({
    certificates: [await directory.put("mail", MAIL)],
    events: new LabEvents().events,
  });
  await using lab = await Lab.start({ certificates });
  const client = await lab.connectTls({ rejectUnauthorized: false, servername: "pop.other.test" });
  await client.logIn();
  assert.equal(lab.authenticator.peers[0]?.serverName, "pop.other.test");
  certificates.close();
});

test("a reload serves the new certificate to new clients, and leaves sessions alone", async () => {
  await using directory = await CertificateDirectory.make();
  const heard = new LabEvents();
  const certificates = await openCertificateStore({
    certificates: [await directory.put("mail", MAIL)],
    events: heard.events,
  });
  await using lab = await Lab.start({ certificates });
  const session = await lab.connectTls({ rejectUnauthorized: false });
  await directory.put("mail", OTHER);
  assert.equal(await certificates.reload(), true);
  assert.equal(await presented(lab, undefined), "DNS:pop.other.test");
  assert.match(await session.ask("CAPA"), /^\+OK/);
  const { subject, notAfter } = heard.all("certificateReloaded").at(-1)!;
  assert.equal(subject, "CN=pop.other.test");
  assert.ok(notAfter > new Date());
  certificates.close();
});

test("a client that comes back resumes its TLS session, after a reload too", async () => {
  await using directory = await CertificateDirectory.make();
  const certificates = await openCertificateStore({
    certificates: [await directory.put("mail", MAIL)],
    events: new LabEvents().events,
  });
  await using lab = await Lab.start({ certificates });
  const first = await lab.connectTls({ rejectUnauthorized: false });
  await first.ask("CAPA");
  assert.ok(first.socket instanceof TLSSocket);
  const session = first.socket.getSession();
  for (let round = 0; round < 2; round += 1) {
    const back = await lab.connectTls({ rejectUnauthorized: false, session });
    assert.ok(back.socket instanceof TLSSocket);
    assert.equal(back.socket.isSessionReused(), true);
    await certificates.reload();
  }
  certificates.close();
});

test("a broken certificate is reported, and the old one stays", async () => {
  await using directory = await CertificateDirectory.make();
  const heard = new LabEvents();
  const files = await directory.put("mail", MAIL);
  const certificates = await openCertificateStore({ certificates: [files], events: heard.events });
  await using lab = await Lab.start({ certificates });
  await directory.put("mail", { certificate: OTHER.certificate, key: MAIL.key });
  assert.equal(await certificates.reload(), false);
  const refused = heard.all("certificateRefused")[0]!;
  assert.equal(refused.file, files.keyFile);
  assert.ok(refused.cause instanceof CertificateError);
  assert.equal(refused.cause.flaw, "key-mismatch");
  assert.equal(await presented(lab, undefined), "DNS:mail.example.test");
  certificates.close();
});

test("files that change are taken up without being asked to, replaced by renaming too", async () => {
  await using directory = await CertificateDirectory.make();
  const heard = new LabEvents();
  const files = await directory.put("mail", MAIL);
  const certificates = await openCertificateStore({
    certificates: [files],
    events: heard.events,
    watchMs: 20,
  });
  await using lab = await Lab.start({ certificates });
  const next = await directory.put("next", OTHER);
  await rename(next.keyFile, files.keyFile);
  await rename(next.certificateFile, files.certificateFile);
  await heard.one("certificateReloaded", 2);
  assert.equal(await presented(lab, undefined), "DNS:pop.other.test");
  certificates.close();
});

test("what is wrong with a certificate is said in one sentence that names the file", async () => {
  await using directory = await CertificateDirectory.make();
  const good = await directory.put("good", MAIL);
  const garbage = `${directory.path}/garbage`;
  await writeFile(garbage, "no PEM at all");
  const open = (files: Partial<typeof good>): Promise<unknown> =>
    openCertificateStore({ certificates: [{ ...good, ...files }], events: new LabEvents().events });
  const missing = `${directory.path}/missing`;
  await assert.rejects(open({ certificateFile: missing }), { message: `${missing} cannot be read` });
  await assert.rejects(open({ certificateFile: garbage }), { flaw: "not-a-certificate", file: garbage });
  await assert.rejects(open({ keyFile: garbage }), { flaw: "not-a-key", file: garbage });
  await assert.rejects(open({ keyFile: (await directory.put("other", OTHER)).keyFile }), {
    flaw: "key-mismatch",
  });
});

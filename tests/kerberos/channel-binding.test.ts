import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type SecureVersion, TLSSocket } from "node:tls";
import { LabClient } from "../server/lab-client.ts";
import { type GssapiChoice, logInByGssapi } from "./gssapi-client.ts";
import { KerberosLab } from "./kerberos-lab.ts";

/** What a client can bind to. RFC 5929 §4, RFC 9266 §2. */
interface Channels {
  readonly endPoint: Uint8Array;
  /** In TLS 1.3 alone. */
  readonly exporter: Uint8Array;
}

/** Speaks over TLS to a lab, as alice; each call is a connection of its own. */
async function aliceOverTls(
  t: TestContext,
  lab: KerberosLab,
): Promise<(choose: (channels: Channels) => GssapiChoice, version?: SecureVersion) => Promise<string>> {
  const kerberos = await lab.kdc.login(t, "alice@POPLAR.TEST");
  return async (choose, version = "TLSv1.3") => {
    const options = {
      servername: "localhost",
      ca: readFileSync(lab.server.certificateFile),
      maxVersion: version,
    };
    using client = await LabClient.connectTls(lab.server.ports.pop3s, options);
    await client.line();
    assert.ok(client.socket instanceof TLSSocket);
    return await logInByGssapi(client, kerberos, choose(channelsOf(client.socket)));
  };
}

function channelsOf(secure: TLSSocket): Channels {
  const certificate = secure.getPeerX509Certificate();
  assert.match(certificate?.signatureAlgorithm ?? "", /sha-?256/i);
  const hash = createHash("sha256")
    .update(certificate?.raw ?? "")
    .digest();
  const exported = secure.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
  return { endPoint: channel("tls-server-end-point", hash), exporter: channel("tls-exporter", exported) };
}

const channel = (type: string, octets: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${type}:`), octets]);

const NOT_BOUND = (): GssapiChoice => ({});

test("GSSAPI over TLS: a login bound to this channel gets in, and one bound to another does not", async (t) => {
  await using lab = await KerberosLab.start();
  const logIn = await aliceOverTls(t, lab);
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    assert.match(await logIn(({ endPoint }) => ({ bound: endPoint }), version), /^\+OK/, version);
    // curl's way: without a token back.
    assert.match(await logIn(({ endPoint }) => ({ bound: endPoint, flags: [] }), version), /^\+OK/, version);
    assert.match(await logIn(NOT_BOUND, version), /^\+OK/, version);
  }
  assert.match(await logIn(({ exporter }) => ({ bound: exporter })), /^\+OK/);

  const elsewhere = createHash("sha256").update("another certificate").digest();
  for (const type of ["tls-server-end-point", "tls-exporter"]) {
    const reply = await logIn(() => ({ bound: channel(type, elsewhere) }));
    assert.equal(reply, "-ERR [AUTH] invalid name or password", type);
  }
  await lab.untilLogged("wrong-channel-binding");
  // RFC 9266 §4.2: what an older TLS exports binds to nothing.
  assert.match(await logIn(({ exporter }) => ({ bound: exporter }), "TLSv1.2"), /^-ERR \[AUTH\]/);
});

test("where the policy requires a channel binding, GSSAPI is for bound logins over TLS", async (t) => {
  await using lab = await KerberosLab.start({ flags: ["--kerberos-require-channel-binding"] });
  const logIn = await aliceOverTls(t, lab);
  assert.match(await logIn(NOT_BOUND), /^-ERR \[AUTH\]/);
  await lab.untilLogged("channel-binding-required");
  assert.match(await logIn(({ endPoint }) => ({ bound: endPoint })), /^\+OK/);
  assert.match(await logIn(({ exporter }) => ({ bound: exporter })), /^\+OK/);

  const clear = await lab.server.connect();
  t.after(() => clear[Symbol.dispose]());
  assert.match(await clear.ask("AUTH GSSAPI"), /^-ERR/);
  await clear.ask("CAPA");
  assert.doesNotMatch(await clear.lines(), /GSSAPI/);
});

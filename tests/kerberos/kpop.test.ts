import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KdcScope, KerberosClient } from "@poplar/testkit";
import { LabClient } from "../server/lab-client.ts";
import { KerberosLab } from "./kerberos-lab.ts";
import { handshake, say, VERSIONS } from "./kpop-client.ts";

/** Both versions right, and nothing said about the ticket. */
const VERSIONS_ACCEPTED = "\0";

let lab: KerberosLab;
let alice: KerberosClient;
const scope = new AsyncDisposableStack();
const tests: KdcScope = { after: (callback) => scope.defer(async () => callback()) };

before(async () => {
  lab = scope.use(
    await KerberosLab.start({ realms: 2, flags: ["--tls-handshake-ms=1500", "--kerberos-layers=none"] }),
  );
  alice = await clientOf("alice@POPLAR.TEST");
});
after(async () => scope.disposeAsync());

async function clientOf(principal: string): Promise<KerberosClient> {
  const client = await lab.kdc.login(tests, principal);
  await client.fetch("pop", "localhost");
  return client;
}

/** Shows a ticket, gives a name, and leaves. @returns the answers of POP. */
async function logIn(client: KerberosClient, name: string): Promise<string> {
  const said = await say(
    lab.kpopPort,
    `${handshake(await client.apReq("one-way"))}USER ${name}\r\nPASS anything\r\nQUIT\r\n`,
  );
  assert.equal(said.slice(0, 5), `${VERSIONS_ACCEPTED}\0\0\0\0`);
  return said.slice(5);
}

for (const mutual of ["mutual", "one-way"] as const) {
  test(`the real krb5_sendauth gets the banner, ${mutual}`, async () => {
    assert.match(await alice.sendauth(lab.kpopPort, "KPOPV1.0", mutual), /^\+OK .*ready/);
  });
}

test("a client that says everything at once, and closes its side, is served to its end", async () => {
  assert.match(
    await logIn(alice, "alice"),
    /^\+OK [^\n]*\n\+OK [^\n]*\n\+OK maildrop open[^\n]*\n\+OK bye\r\n$/,
  );
});

test("the handshake may come octet by octet", async () => {
  using client = await LabClient.connect(lab.kpopPort);
  for (const octet of handshake(await alice.apReq("one-way"))) client.send(octet);
  assert.match(await client.line(), /^\0\0\0\0\0\+OK /);
  assert.match(await client.ask("USER alice"), /^\+OK/);
  assert.match(await client.ask("PASS krb_ticket"), /^\+OK/);
});

test("the principal decides which maildrop opens; USER may name it in any form, and nobody else", async () => {
  await lab.server.addLogin("bob");
  for (const name of ["alice", "ALICE", "alice@example.test", "alice@POPLAR.TEST"]) {
    assert.match(await logIn(alice, name), /maildrop open/, name);
  }
  for (const name of ["bob", "bob@example.test", "alice@other.test", "alic"]) {
    assert.match(await logIn(alice, name), /-ERR \[AUTH\] invalid name or password\r\n/, name);
  }
  await lab.untilLogged("wrong-authzid");
});

test("alice/admin and alice of another realm do not become alice", async () => {
  for (const principal of ["alice/admin@POPLAR.TEST", "alice@OTHER.TEST"]) {
    const client = await clientOf(principal);
    for (const name of ["alice", "alice@example.test", principal]) {
      assert.match(await logIn(client, name), /-ERR \[AUTH\]/, `${principal} as ${name}`);
    }
  }
  await lab.untilLogged("unmapped-principal");
});

test("a principal that an operator gave to a login opens it, and no other", async () => {
  const name = await lab.server.addLogin("carol");
  const client = await clientOf("alice/admin@POPLAR.TEST");
  const subject = { kind: "kerberos-principal", subject: "alice/admin@POPLAR.TEST" };
  await lab.server.call("POST", `/logins/${name}/subjects`, subject);
  assert.match(await logIn(client, "carol"), /maildrop open/);
  assert.match(await logIn(client, "alice"), /-ERR \[AUTH\]/);
  await lab.server.call("DELETE", `/logins/${name}/subjects?${new URLSearchParams(subject).toString()}`);
  assert.match(await logIn(client, "carol"), /-ERR \[AUTH\]/);
});

test("a login that is disabled, or restricted to other mechanisms, stays shut", async () => {
  const path = "/logins/alice@example.test";
  await lab.server.call("POST", `${path}/disable`);
  assert.match(await logIn(alice, "alice"), /-ERR \[AUTH\]/);
  await lab.untilLogged("login-disabled");
  await lab.server.call("POST", `${path}/enable`);
  await lab.server.call("PUT", `${path}/restrictions`, { mechanisms: ["GSSAPI"] });
  assert.match(await logIn(alice, "alice"), /-ERR \[AUTH\]/);
  await lab.untilLogged("mechanism-not-allowed");
  await lab.server.call("PUT", `${path}/restrictions`, { mechanisms: ["GSSAPI", "KPOP"] });
  assert.match(await logIn(alice, "alice"), /maildrop open/);
});

test("a handshake that does not come is given up", async () => {
  using silent = await LabClient.connect(lab.kpopPort);
  using slow = await LabClient.connect(lab.kpopPort);
  slow.send(VERSIONS.slice(0, 10));
  assert.deepEqual(await Promise.all([silent.rest(), slow.rest()]), ["", ""]);
});

test("the session after the handshake is all of POP3, and offers STLS but no SASL", async () => {
  using client = await LabClient.connect(lab.kpopPort);
  client.send(handshake(await alice.apReq("mutual")));
  assert.match(await client.line(), /\+OK .*ready$/s);
  await client.ask("CAPA");
  const capabilities = (await client.lines()).split("\r\n");
  assert.ok(capabilities.includes("STLS"));
  assert.ok(capabilities.includes("USER"));
  assert.ok(!capabilities.some((line) => line.startsWith("SASL")));
  assert.match(await client.ask("AUTH GSSAPI"), /^-ERR/);
  assert.match(await client.ask("AUTH KPOP"), /^-ERR/);
});

test("nobody has KPOP for a mechanism elsewhere", async () => {
  const client = await lab.server.connect();
  assert.match(await client.ask("AUTH KPOP"), /^-ERR/);
  await client.ask("CAPA");
  assert.doesNotMatch(await client.lines(), /KPOP/);
});

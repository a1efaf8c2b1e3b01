import assert from "node:assert/strict";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import type { KdcScope, KerberosClient } from "@poplar/testkit";
import { logInByGssapi } from "./gssapi-client.ts";
import { KerberosLab } from "./kerberos-lab.ts";
import { handshake, say } from "./kpop-client.ts";

const MACHINE = "pop/localhost@POPLAR.TEST";

let lab: KerberosLab;
const scope = new AsyncDisposableStack();
const tests: KdcScope = { after: (callback) => scope.defer(async () => callback()) };

before(async () => {
  lab = scope.use(await KerberosLab.start());
});
after(async () => scope.disposeAsync());

/** Somebody with a new ticket for `pop/HOST`. */
async function clientOf(host = "localhost"): Promise<KerberosClient> {
  const client = await lab.kdc.login(tests, "alice@POPLAR.TEST");
  await client.fetch("pop", host);
  return client;
}

/** Logs in by KPOP. @returns all that the server says. */
const logInByKpop = async (client: KerberosClient): Promise<string> =>
  say(lab.kpopPort, `${handshake(await client.apReq("one-way"))}USER alice\r\nPASS x\r\nQUIT\r\n`);

/** Logs in by GSSAPI, in clear. @returns the last reply. */
async function logInBySasl(client: KerberosClient, host = "localhost"): Promise<string> {
  using connection = await lab.server.connect();
  return await logInByGssapi(connection, client, { target: `pop@${host}` });
}

/** Sees both ways in closed for one reason, which is ours: the client is told to try again. */
async function assertClosed(
  client: KerberosClient,
  reason: string,
  detail: RegExp,
  level = "error",
): Promise<void> {
  for (const logIn of [logInByKpop, logInBySasl]) {
    let said = "";
    const refusal = await lab.refusalBy(async () => {
      said = await logIn(client);
    });
    assert.doesNotMatch(said, /\+OK/);
    assert.deepEqual(
      [refusal.reason, refusal.level, refusal.msg],
      [reason, level, `Kerberos login refused: ${reason}`],
    );
    assert.match(refusal.detail, detail);
  }
}

async function assertOpen(client: KerberosClient, host?: string): Promise<void> {
  assert.match(await logInByKpop(client), /maildrop open/);
  assert.match(await logInBySasl(client, host), /^\+OK/);
}

test("the name of a load balancer is as good as that of the machine, when the keytab has its key", async () => {
  await assertOpen(await clientOf());
  await lab.kdc.addService("pop/mail.cluster@POPLAR.TEST");
  await assertOpen(await clientOf("mail.cluster"), "mail.cluster");
  await assertOpen(await clientOf());
});

test("a key version that the keytab lacks is refused as key-version-missing; when it has come, old and new get in", async () => {
  const { keytab, directory } = lab.kdc;
  const early = await clientOf();
  const next = `${directory}/next.keytab`;
  await copyFile(keytab, next);
  await lab.kdc.addService(MACHINE, next);
  const late = await clientOf();
  await assertClosed(late, "key-version-missing", /localhost@POPLAR\.TEST/, "info");
  await assertOpen(early);
  await copyFile(next, keytab);
  await assertOpen(late);
  await assertOpen(early);
});

test("what is wrong with a keytab is told by one line of the log each, and needs no restart when it is mended", async () => {
  const { keytab, directory } = lab.kdc;
  const client = await clientOf();
  await copyFile(keytab, `${directory}/good.keytab`);
  await rm(keytab);
  await assertClosed(client, "keytab-missing", /pop\.keytab.*(?:not found|No such file)/);
  await writeFile(keytab, "no keytab at all");
  await assertClosed(client, "keytab-unreadable", /./);
  await rm(keytab);
  await lab.kdc.addService("imap/localhost@POPLAR.TEST", keytab);
  await assertClosed(client, "no-service-key", /./);
  await rm(keytab);
  await lab.kdc.addService("pop/another@POPLAR.TEST", keytab);
  await assertClosed(client, "wrong-service", /localhost@POPLAR\.TEST/, "info");
  await copyFile(`${directory}/good.keytab`, keytab);
  await assertOpen(client);
});

test("a client whose clock is off is refused as clock-skew by GSSAPI, too", async () => {
  const client = await lab.kdc.login(tests, "alice@POPLAR.TEST", { lifetime: "4h", clockOffset: "+1h" });
  await client.fetch("pop", "localhost");
  await assertClosed(
    client,
    "clock-skew",
    /^Clock skew too great \(ticket for pop\/localhost@POPLAR\.TEST\)$/,
    "info",
  );
});

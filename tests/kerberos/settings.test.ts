import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runProgram } from "../fixtures/run-program.ts";
import { LabClient } from "../server/lab-client.ts";
import { KerberosLab } from "./kerberos-lab.ts";
import { handshake, say } from "./kpop-client.ts";

test("a rule lets a second realm in, to logins of its own domain", async (t) => {
  const flags = ["--kerberos-rules=POPLAR.TEST=example.test,OTHER.TEST=other.test"];
  await using lab = await KerberosLab.start({ realms: 2, flags });
  await lab.server.addLogin("alice", "other.test");
  for (const [realm, domain] of [
    ["POPLAR.TEST", "example.test"],
    ["OTHER.TEST", "other.test"],
  ] as const) {
    const client = await lab.kdc.login(t, `alice@${realm}`);
    await client.fetch("pop", "localhost");
    const said = await say(
      lab.kpopPort,
      `${handshake(await client.apReq("one-way"))}USER alice\r\nPASS x\r\nQUIT\r\n`,
    );
    assert.match(said, /maildrop open/);
    await lab.untilWritten(`"login":"alice@${domain}","mechanism":"KPOP"`);
  }
});

test("where mutual authentication is required, clients without it are turned away; KPOP may run inside TLS", async (t) => {
  await using lab = await KerberosLab.start({ flags: ["--kerberos-require-mutual", "--kpop-tls=implicit"] });
  const client = await lab.kdc.login(t, "alice@POPLAR.TEST");
  await client.fetch("pop", "localhost");
  const tls = { servername: "localhost", ca: readFileSync(lab.server.certificateFile) };
  using mutual = await LabClient.connectTls(lab.kpopPort, tls);
  mutual.send(handshake(await client.apReq("mutual")));
  assert.match(await mutual.line(), /\+OK .*ready$/s);
  await mutual.ask("USER alice");
  assert.match(await mutual.ask("PASS krb_ticket"), /^\+OK/);
  using oneWay = await LabClient.connectTls(lab.kpopPort, tls);
  oneWay.send(handshake(await client.apReq("one-way")));
  assert.doesNotMatch(await oneWay.rest(), /\+OK/);
  await lab.untilLogged("mutual-authentication-required");

  const { KRB5CCNAME = "", KRB5_CONFIG = "" } = await lab.kdc.kinit("alice@POPLAR.TEST");
  const url = `pop3://localhost:${lab.server.ports.pop3}/`;
  const curl = ["--login-options", "AUTH=GSSAPI", "--user", ":", "--silent", url];
  const { exitCode } = await runProgram("curl", curl, { env: { KRB5CCNAME, KRB5_CONFIG } });
  assert.equal(exitCode, 67, "login denied");
});

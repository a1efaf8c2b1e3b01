import assert from "node:assert/strict";
import { after, test } from "node:test";
import { until } from "@poplar/testkit";
import { startAccessLab } from "./access-lab.ts";

// What one tenant could do to another without naming anything that is the other's.

const lab = await startAccessLab({ after });
const { platform, ask } = lab;

for (const side of ["ours", "theirs"]) {
  await made("/tenants", { name: `${side}-tenant` });
  await made("/domains", { name: `${side}.test`, tenant: `${side}-tenant` });
  await made("/logins", { name: `alice@${side}.test`, password: "secret" });
}
const tenant = await tokenFor({ label: "reseller", role: "tenant", tenant: "ours-tenant" });
const domain = await tokenFor({ label: "postmaster", role: "domain", domain: "ours.test" });

async function made(path: string, json: object): Promise<Record<string, unknown>> {
  const { status, body, text } = await ask("POST", path, { token: platform, json });
  assert.equal(status, 201, text);
  return body;
}

async function tokenFor(json: object): Promise<string> {
  return String((await made("/tokens", json))["token"]);
}

test("nobody but the platform says whose a principal, a certificate or a subject of an issuer is", async () => {
  const path = "/logins/alice@ours.test/subjects";
  for (const [kind, subject] of [
    ["kerberos-principal", "bob@THEIRS.TEST"],
    ["oauth-subject", "https://id.example.test sub-of-bob"],
    ["client-certificate", `sha256:${"0".repeat(64)}`],
    ["client-certificate", "subject:CN=bob"],
    ["client-certificate", "email:bob@theirs.test"],
    ["client-certificate", "email:bob@elsewhere.test"],
  ]) {
    for (const token of [tenant, domain]) {
      const { status, body } = await ask("POST", path, { token, json: { kind, subject } });
      assert.deepEqual([status, body["code"]], [403, "forbidden"], subject);
    }
    assert.equal((await ask("POST", path, { token: platform, json: { kind, subject } })).status, 201);
  }
  for (const [token, subject] of [
    [tenant, "email:carol@ours.test"],
    [domain, "email:dave@ours.test"],
  ]) {
    const json = { kind: "client-certificate", subject };
    assert.equal((await ask("POST", path, { token, json })).status, 201);
  }
});

test("no token makes one that lasts for longer than itself", async () => {
  const tenantName = "ours-tenant";
  const short = await made("/tokens", {
    label: "short",
    role: "tenant",
    tenant: tenantName,
    expiresInDays: 1,
  });
  for (const [label, expiresInDays] of [
    ["for ever", undefined],
    ["for long", 30],
  ] as const) {
    const json = { label, role: "domain", domain: "ours.test", expiresInDays };
    const { status, body } = await ask("POST", "/tokens", { token: String(short["token"]), json });
    assert.deepEqual([status, body["expiresAt"]], [201, short["expiresAt"]], label);
  }
  const json = { label: "no end", role: "domain", domain: "ours.test" };
  assert.equal((await ask("POST", "/tokens", { token: tenant, json })).body["expiresAt"], null);
});

test("a tenant takes no domain below another tenant's, and none of one word, which could complete a name", async () => {
  for (const name of ["mail.theirs.test", "a.b.theirs.test", "alice", "vision25"]) {
    const { status, body } = await ask("POST", "/domains", { token: tenant, json: { name } });
    assert.deepEqual([status, body["code"]], [403, "forbidden"], name);
  }
  await made("/domains", { name: "shared.test" });
  const below = { name: "ours.shared.test" };
  assert.equal((await ask("POST", "/domains", { token: tenant, json: below })).status, 403);
  for (const name of ["mail.ours.test", "more.example", "deep.mail.ours.test"]) {
    assert.equal((await ask("POST", "/domains", { token: tenant, json: { name } })).status, 201, name);
  }
});

test("nothing is written into the audit of somebody else by way of a session that does not exist", async () => {
  const sessionId = encodeURIComponent("nonsense@theirs.test");
  assert.equal((await ask("DELETE", `/sessions?sessionId=${sessionId}`, { token: tenant })).status, 400);
  await ask("DELETE", "/sessions?sessionId=later", { token: tenant });
  const audited = async (word: string) => lab.query(`select * from audit where subject like '%${word}%'`);
  await until("what came later", async () => (await audited("later")).length > 0);
  const rows = await audited("nonsense");
  assert.deepEqual(rows, []);
});

test("a NUL, which Postgres cannot hold, is the mistake of whoever sent it", async () => {
  for (const path of ["/audit?subject=%00", "/audit?actor=a%00b", "/logins?after=%00", "/tokens?after=%00"]) {
    const { status, body } = await ask("GET", path, { token: platform });
    assert.deepEqual([status, body["code"]], [400, "invalid-input"], path);
  }
});

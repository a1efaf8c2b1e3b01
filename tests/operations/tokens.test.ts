import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Standalone } from "../fixtures/standalone.ts";
import { type Ran, run } from "./run-poplar.ts";

let server: Standalone;
before(async () => {
  server = await Standalone.start();
  await server.addLogin("alice", "example.test");
  await server.addLogin("bob", "other.test");
  await server.call("POST", "/tenants", { name: "acme" });
});
after(async () => server?.[Symbol.asyncDispose]());

/** As whoever runs the server. */
const poplar = (...args: string[]): Promise<Ran> => run({ args: [...args, "--data-dir", server.dataDir] });

/** As somebody with a token, on another machine. */
const poplarAs = (token: string, ...args: string[]): Promise<Ran> => {
  const env = { POPLAR_API_URL: `http://127.0.0.1:${server.ports.http}`, POPLAR_API_TOKEN: token };
  return run({ args, env });
};

async function addToken(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await poplar("token", "add", ...args, "--json");
  assert.deepEqual([code, err], [0, ""]);
  const added: unknown = JSON.parse(out);
  assert.ok(typeof added === "object" && added !== null);
  return { ...added };
}

test("a token for a domain opens that domain alone, until it is revoked", async () => {
  const added = await addToken("--label", "form", "--domain", "example.test", "--expires", "90d");
  assert.partialDeepStrictEqual(added, {
    label: "form",
    role: "domain",
    domain: "example.test",
    tenant: null,
  });
  const endsInDays = (Date.parse(String(added["expiresAt"])) - Date.now()) / (24 * 3600 * 1000);
  assert.ok(endsInDays > 89.9 && endsInDays <= 90);
  const token = String(added["token"]);

  const seen = await poplarAs(token, "login", "list");
  assert.equal(seen.code, 0);
  assert.match(seen.out, /alice@example\.test/);
  assert.doesNotMatch(seen.out, /other\.test/);
  assert.match((await poplarAs(token, "login", "show", "bob@other.test")).err, /other\.test/);

  assert.equal((await poplar("token", "revoke", "--label", "form")).code, 0);
  assert.equal((await poplarAs(token, "login", "list")).code, 4);
  const again = await poplar("token", "revoke", "--label", "form", "--json");
  assert.equal(again.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(again.err), { error: { code: "not-found" } });
});

test("a token is printed when it is made, and never again", async () => {
  const made = await poplar("token", "add", "--label", "once", "--role", "platform");
  const token = /^token +(poplar_\S+)$/m.exec(made.out)?.[1] ?? "";
  assert.match(token, /^poplar_[\w-]{43}$/);
  assert.match(made.out, /^for +everything$/m);
  assert.match(made.out, /^ends +never$/m);
  assert.match(made.out, /Nobody can read the token again\./);
  const { out } = await poplar("token", "list");
  assert.match(out, /^once +everything +api-token +\S+ \S+ +never/m);
  assert.ok(!out.includes(token));
  assert.ok(!(await poplar("token", "list", "--json")).out.includes(token));
  // Nor does a log or the audit have it.
  assert.ok(!(await poplar("audit", "search", "--json")).out.includes(token));
  assert.ok(!server.process.output.includes(token));
});

test("what was made with a token goes with it, and that is told before it is done", async () => {
  const parent = String((await addToken("--label", "parent", "--role", "platform"))["token"]);
  for (const label of ["one", "two"]) {
    const made = await poplarAs(parent, "token", "add", "--label", label, "--domain", "example.test");
    assert.equal(made.code, 0);
  }
  const tried = await poplar("token", "revoke", "--label", "parent", "--dry-run");
  assert.match(tried.out, /^Would revoke the token parent, and with it one, two\.$/m);
  const kept = await poplar("token", "revoke", "--label", "parent", "--keep-children", "--dry-run");
  assert.match(kept.out, /^Would revoke the token parent\. .* still good: one, two\.$/m);
  assert.equal((await poplarAs(parent, "login", "list")).code, 0, "nothing was revoked");
  const revoked = await poplar("token", "revoke", "--label", "parent");
  assert.match(revoked.out, /^Revoked the token parent, and with it one, two\.$/m);
  assert.doesNotMatch((await poplar("token", "list")).out, /^(?:parent|one|two) /m);
  const absent = await poplar("token", "revoke", "--label", "parent", "--dry-run");
  assert.deepEqual([absent.code, absent.out], [1, ""]);
});

test("the token of a tenant makes no token for more than it has, and lists its own alone", async () => {
  const token = String((await addToken("--label", "acme", "--tenant", "acme"))["token"]);
  const more = await poplarAs(token, "token", "add", "--label", "more", "--role", "platform", "--json");
  assert.equal(more.code, 4);
  assert.partialDeepStrictEqual(JSON.parse(more.err), { error: { code: "forbidden" } });
  const strange = await poplarAs(
    token,
    "token",
    "add",
    "--label",
    "more",
    "--domain",
    "example.test",
    "--json",
  );
  assert.partialDeepStrictEqual(JSON.parse(strange.err), { error: { code: "not-found" } });
  await addToken("--label", "unseen", "--role", "platform");
  const { out } = await poplarAs(token, "token", "list");
  assert.match(out, /^acme +the tenant acme /m);
  assert.doesNotMatch(out, /unseen/);
});

test("nobody makes a token for everything by leaving something out, or one whose words differ", async () => {
  const refusals = [
    [["--label", "x"], /For what\?/, 2],
    [["--label", "x", "--role", "root"], /Allowed choices are platform, tenant, domain/, 2],
    [["--label", "x", "--role", "platform", "--domain", "example.test"], /A token of a tenant names/, 1],
    [["--label", "x", "--tenant", "acme", "--domain", "example.test"], /A token of a tenant names/, 1],
    [["--label", "x", "--role", "platform", "--expires", "soon"], /Give days from now/, 2],
    [["--label", "api-token", "--role", "platform"], /server's own token/, 1],
    [["--role", "platform"], /--label/, 2],
  ] as const;
  for (const [args, why, exitCode] of refusals) {
    const { code, out, err } = await poplar("token", "add", ...args);
    assert.deepEqual([code, out], [exitCode, ""], args.join(" "));
    assert.match(err, why);
  }
});

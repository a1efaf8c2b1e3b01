import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Standalone } from "../fixtures/standalone.ts";
import { type Ran, run } from "./run-poplar.ts";

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(async () => server?.[Symbol.asyncDispose]());

/** As whoever runs the server. */
const poplar = (...args: string[]): Promise<Ran> => run({ args: [...args, "--data-dir", server.dataDir] });

/** As somebody with a token. */
const poplarAs = (token: string, ...args: string[]): Promise<Ran> =>
  run({
    args,
    env: { POPLAR_API_URL: `http://127.0.0.1:${server.ports.http}`, POPLAR_API_TOKEN: token },
  });

/** What must succeed without a word on standard error. @returns what it said. */
async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await poplar(...args);
  assert.deepEqual([code, err], [0, ""], args.join(" "));
  return out;
}

async function json(...args: string[]): Promise<unknown> {
  return JSON.parse(await succeed(...args, "--json"));
}

async function tokenFor(...args: string[]): Promise<string> {
  const made = await json("token", "add", ...args);
  assert.ok(typeof made === "object" && made !== null && "token" in made);
  return String(made.token);
}

test("a tenant is made, shown with its domains, and removed once it has none", async () => {
  assert.deepEqual(await json("tenant", "add", "acme"), { name: "acme", domains: 0 });
  assert.match(
    await succeed("domain", "add", "acme.test", "--tenant", "acme"),
    /Added the domain acme\.test/,
  );
  await server.addLogin("alice", "acme.test");
  await succeed("domain", "add", "elsewhere.test");

  assert.match(await succeed("tenant", "list"), /^TENANT +DOMAINS\nacme +1\ndefault +[1-9]/);
  assert.match(
    await succeed("tenant", "show", "acme"),
    /^tenant +acme\ndomains +1\n +acme\.test, 1 login\n$/,
  );
  const shown = await json("tenant", "show", "acme");
  assert.partialDeepStrictEqual(shown, { name: "acme", domains: [{ name: "acme.test", logins: 1 }] });
  assert.match(await succeed("domain", "list", "--tenant", "acme"), /^acme\.test +1 .* acme$/m);
  assert.doesNotMatch(await succeed("domain", "list", "--tenant", "acme"), /elsewhere/);

  const refused = await poplar("tenant", "remove", "acme", "--json");
  assert.equal(refused.code, 1);
  assert.partialDeepStrictEqual(JSON.parse(refused.err), { error: { code: "not-empty" } });
  await succeed("domain", "move", "acme.test", "default");
  assert.match(await succeed("tenant", "remove", "acme"), /Removed the tenant acme/);
  assert.doesNotMatch(await succeed("tenant", "list"), /acme/);
});

test("a tenant that is not there, one that is there already, and a name that is none are told so", async () => {
  await succeed("tenant", "add", "once");
  for (const [args, code] of [
    [["show", "nobody"], "not-found"],
    [["remove", "nobody"], "not-found"],
    [["add", "once"], "already-exists"],
    [["add", "Not A Word"], "invalid-input"],
    [["remove", "default"], "not-empty"],
  ] as const) {
    const { code: exitCode, err } = await poplar("tenant", ...args, "--json");
    assert.equal(exitCode, 1, err);
    assert.partialDeepStrictEqual(JSON.parse(err), { error: { code } }, args.join(" "));
  }
  const moved = await poplar("domain", "move", "missing.test", "once");
  assert.deepEqual([moved.code, /missing\.test/.test(moved.err)], [1, true]);
});

test("a domain that moves leaves its tokens behind, and its new tenant has it", async () => {
  await succeed("tenant", "add", "old");
  await succeed("tenant", "add", "new");
  await succeed("domain", "add", "moving.test", "--tenant", "old");
  const ofOld = await tokenFor("--label", "old", "--tenant", "old");
  const ofNew = await tokenFor("--label", "new", "--tenant", "new");
  const ofDomain = await tokenFor("--label", "postmaster", "--domain", "moving.test");
  assert.match((await poplarAs(ofOld, "domain", "list")).out, /moving\.test/);
  await succeed("domain", "move", "moving.test", "new");
  assert.doesNotMatch((await poplarAs(ofOld, "domain", "list")).out, /moving\.test/);
  assert.match((await poplarAs(ofNew, "domain", "list")).out, /moving\.test/);
  assert.equal((await poplarAs(ofDomain, "domain", "list")).code, 4);
});

test("a tenant learns of no other tenant: neither by commands of tenants nor by a list of domains", async () => {
  await succeed("tenant", "add", "ours");
  await succeed("tenant", "add", "theirs");
  await succeed("domain", "add", "theirs.test", "--tenant", "theirs");
  const token = await tokenFor("--label", "ours", "--tenant", "ours");
  for (const words of [
    ["list"],
    ["show", "ours"],
    ["show", "theirs"],
    ["add", "more"],
    ["remove", "theirs"],
  ]) {
    assert.equal((await poplarAs(token, "tenant", ...words)).code, 4, words.join(" "));
  }
  const theirs = await poplarAs(token, "domain", "list", "--tenant", "theirs", "--json");
  const nobodys = await poplarAs(token, "domain", "list", "--tenant", "nobody", "--json");
  assert.deepEqual([theirs.code, nobodys.code], [1, 1]);
  assert.equal(theirs.err.replaceAll("theirs", "nobody"), nobodys.err);
  assert.equal((await poplarAs(token, "domain", "list", "--tenant", "ours")).code, 0);
});

test("whoever shows a token is told whose it is and what it may do", async () => {
  assert.match(await succeed("access"), /^role +platform\nfor +everything\nmay +show-access$/m);
  await succeed("tenant", "add", "asking");
  const token = await tokenFor("--label", "asking", "--tenant", "asking");
  const { out } = await poplarAs(token, "access");
  assert.match(out, /^token of +asking\nrole +tenant\nfor +the tenant asking$/m);
  assert.match(out, /^ +add-domain$/m);
  assert.doesNotMatch(out, /add-tenant/);
  assert.equal((await poplarAs("wrong", "access")).code, 4);
});

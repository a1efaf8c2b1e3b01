import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lab, startLab } from "./lab.ts";
import { poplar, succeed } from "./run-poplar.ts";

async function json(lab: Lab, ...args: string[]): Promise<unknown> {
  return JSON.parse(await succeed(lab, [...args, "--json"]));
}

/** Alice, who has deleted one of two messages and can have it back. */
async function withHiddenMail(t: Parameters<typeof startLab>[0]): Promise<Lab> {
  const lab = await startLab(t);
  await succeed(lab, ["domain", "add", "example.test"]);
  await succeed(lab, ["login", "add", "alice@example.test", "--password-stdin"], "secret");
  for (const subject of ["1", "2"]) {
    await succeed(lab, ["maildrop", "deliver", "alice@example.test"], `Subject: ${subject}\n\n`);
  }
  const login = await lab.store.logins.findLogin("alice@example.test");
  assert.ok(login !== undefined && "maildropId" in login);
  const { maildropId, view } = login;
  const holder = { sessionId: "s", login: "alice@example.test", address: "192.0.2.1" };
  const opened = await lab.store.maildrops.open({ maildropId, view, holder });
  assert.ok("listing" in opened);
  assert.equal(await opened.remove([...opened.listing.present()].slice(0, 1), 7), undefined);
  return lab;
}

test("poplar stats counts what there is", async (t) => {
  const lab = await withHiddenMail(t);
  const stats = await json(lab, "stats");
  assert.partialDeepStrictEqual(stats, {
    domains: 1,
    logins: 1,
    disabledLogins: 0,
    maildrops: 1,
    messages: 1,
    hiddenMessages: 1,
    sessions: 0,
  });
  assert.match(await succeed(lab, ["stats"]), /^messages +1 \(/m);
});

test("what changes much says with --dry-run what it would do, and does nothing", async (t) => {
  const lab = await withHiddenMail(t);
  const login = "alice@example.test";
  assert.deepEqual(await json(lab, "maildrop", "purge", login, "--dry-run"), { isDryRun: true, messages: 1 });
  assert.deepEqual(await json(lab, "maildrop", "restore", login, "--dry-run"), {
    isDryRun: true,
    messages: 1,
  });
  assert.deepEqual(await json(lab, "maildrop", "restore", login, "nothing", "--dry-run"), {
    isDryRun: true,
    messages: 0,
  });
  assert.partialDeepStrictEqual(await json(lab, "login", "remove", login, "--dry-run"), {
    wouldRemove: false,
  });
  assert.partialDeepStrictEqual(await json(lab, "login", "remove", login, "--purge", "--dry-run"), {
    wouldRemove: true,
    messages: 1,
  });
  assert.deepEqual(await json(lab, "sessions", "kick", "--login", login, "--dry-run"), []);
  assert.equal((await poplar(lab, ["login", "show", login])).code, 0);
  const hidden: unknown = await json(lab, "maildrop", "hidden", login);
  assert.ok(Array.isArray(hidden) && hidden.length === 1);
  const uniqueId: unknown = Reflect.get(Object(hidden[0]), "uniqueId");
  assert.deepEqual(await json(lab, "maildrop", "restore", login, String(uniqueId)), { messages: 1 });
});

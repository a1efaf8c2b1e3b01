import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { LiveSession } from "@poplar/maildrop";
import { oneTimeCode } from "../fixtures/one-time-code.ts";
import { type Answer, serveApi, startAccessLab } from "./access-lab.ts";

// What ends with a credential that is taken back, and what stays.

const lab = await startAccessLab({ after });
const { platform, ask } = lab;
const nobody = { endedSessions: 0, silentNodes: [] };
await ask("POST", "/domains", { token: platform, json: { name: "example.test" } });
await ask("POST", "/tenants", { token: platform, json: { name: "acme" } });

let logins = 0;
let sessions = 0;

beforeEach(() => {
  lab.sessions.length = 0;
});

/** A login of a test's own; its password is `secret`. */
async function newLogin(): Promise<string> {
  logins += 1;
  const name = `login${logins}@example.test`;
  const { status } = await ask("POST", "/logins", { token: platform, json: { name, password: "secret" } });
  assert.equal(status, 201);
  return name;
}

/** Somebody comes in by POP. */
function open(login: string): void {
  sessions += 1;
  const session: LiveSession = {
    sessionId: `session-${sessions}`,
    listener: "pop3",
    address: "192.0.2.1",
    login,
    mechanism: "USER",
    tlsVersion: undefined,
    sinceMs: sessions,
    commands: 1,
    octetsSent: 0,
  };
  lab.sessions.push(session);
}

const whoIsOpen = (): readonly (string | undefined)[] => lab.sessions.map(({ login }) => login);

const ownerToken = async (name: string, password = "secret", code?: string): Promise<Answer> =>
  ask("POST", "/me/token", {
    basic: `${name}:${password}`,
    ...(code !== undefined && { headers: { "one-time-code": code } }),
  });

const tokenOf = async (name: string): Promise<string> => String((await ownerToken(name)).body["token"]);

const isGood = async (token: string): Promise<boolean> =>
  (await ask("GET", "/access", { token })).status === 200;

async function addAppPassword(name: string, label: string): Promise<void> {
  const json = { label };
  assert.equal((await ask("POST", `/logins/${name}/app-passwords`, { token: platform, json })).status, 201);
}

async function appPasswords(name: string): Promise<number> {
  const { text } = await ask("GET", `/logins/${name}/credentials`, { token: platform });
  return text.match(/"app-password"/g)?.length ?? 0;
}

test("a login that is disabled or removed is out at once, its owner's token too, and nobody else", async () => {
  const [disabled, removed, other] = [await newLogin(), await newLogin(), await newLogin()];
  for (const name of [disabled, disabled, removed, other]) open(name);
  const token = await tokenOf(disabled);
  assert.ok(await isGood(token));
  const first = await ask("POST", `/logins/${disabled}/disable`, { token: platform });
  assert.deepEqual([first.status, first.body], [201, { ...nobody, endedSessions: 2 }]);
  assert.ok(!(await isGood(token)));
  assert.deepEqual(whoIsOpen(), [removed, other]);
  const second = await ask("DELETE", `/logins/${removed}`, { token: platform });
  assert.deepEqual([second.status, second.body], [200, { ...nobody, endedSessions: 1 }]);
  assert.deepEqual(whoIsOpen(), [other]);
});

test("a login that stays, because it holds mail, keeps its sessions", async () => {
  const name = await newLogin();
  await ask("POST", `/maildrops/${name}/messages`, { token: platform, message: "Subject: hi\r\n\r\n" });
  open(name);
  assert.equal((await ask("DELETE", `/logins/${name}`, { token: platform })).status, 409);
  assert.deepEqual(whoIsOpen(), [name]);
});

test("SDPS: what shuts a host out ends the sessions of its views, and of nobody beside it", async () => {
  const host = "vision25.demon.test";
  await ask("POST", "/hosts", { token: platform, json: { name: host, password: "dial-up" } });
  await ask("POST", "/host-views", { token: platform, json: { name: `john@${host}` } });
  const view = await tokenOfHost(`john@${host}`);
  for (const name of [host, `john@${host}`, "john@demon.test"]) open(name);
  const { body } = await ask("POST", `/logins/${host}/disable`, { token: platform });
  assert.deepEqual(body, { ...nobody, endedSessions: 2 });
  assert.deepEqual(whoIsOpen(), ["john@demon.test"]);
  assert.ok(!(await isGood(view)));
});

const tokenOfHost = async (name: string): Promise<string> =>
  String((await ownerToken(name, "dial-up")).body["token"]);

test("a password that an operator sets ends sessions, app passwords and the owner's tokens", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  await addAppPassword(name, "phone");
  await addAppPassword(name, "laptop");
  open(name);
  const json = { password: "changed" };
  const { status, body } = await ask("PUT", `/logins/${name}/password`, { token: platform, json });
  assert.deepEqual(
    [status, body],
    [200, { endedSessions: 1, silentNodes: [], revokedAppPasswords: 2, keptAppPasswords: 0 }],
  );
  assert.deepEqual([whoIsOpen(), await appPasswords(name), await isGood(token)], [[], 0, false]);
});

test("what an operator keeps stays, and he is told how many app passwords still open the login", async () => {
  const name = await newLogin();
  await addAppPassword(name, "phone");
  open(name);
  const json = { password: "changed", keepsAppPasswords: true, keepsSessions: true };
  const { body } = await ask("PUT", `/logins/${name}/password`, { token: platform, json });
  assert.deepEqual(body, { ...nobody, revokedAppPasswords: 0, keptAppPasswords: 1 });
  assert.deepEqual([whoIsOpen(), await appPasswords(name)], [[name], 1]);
});

test("an owner who changes his password keeps his app passwords, unless he says that they shall go", async () => {
  const name = await newLogin();
  await addAppPassword(name, "phone");
  open(name);
  const change = async (currentPassword: string, json: object): Promise<Answer> => {
    const { body } = await ownerToken(name, currentPassword);
    const token = String(body["token"]);
    const changed = await ask("PUT", "/me/password", { token, json: { currentPassword, ...json } });
    assert.ok(!(await isGood(token)));
    return changed;
  };
  const first = await change("secret", { password: "second" });
  assert.partialDeepStrictEqual(first.body, { endedSessions: 1, keptAppPasswords: 1 });
  assert.deepEqual([whoIsOpen(), await appPasswords(name)], [[], 1]);
  const second = await change("second", { password: "third", keepsAppPasswords: false });
  assert.partialDeepStrictEqual(second.body, { revokedAppPasswords: 1, keptAppPasswords: 0 });
  assert.equal(await appPasswords(name), 0);
});

test("the code that switched one-time codes on opens nothing any more, on any node. RFC 6238 §5.2", async (t) => {
  const other = await serveApi(t, { storage: lab.storage, sessions: lab.registry });
  const name = await newLogin();
  const token = await tokenOf(name);
  const begun = await ask("POST", "/me/totp", { token });
  const [secret, pending] = [String(begun.body["secret"]), String(begun.body["pending"])];
  const code = oneTimeCode(secret);
  assert.equal((await ask("PUT", "/me/totp", { token, json: { pending, code } })).status, 204);
  const show = async (at: Pick<typeof other, "ask">, shown: string): Promise<number> =>
    (await at.ask("POST", "/me/token", { basic: `${name}:secret`, headers: { "one-time-code": shown } }))
      .status;
  assert.deepEqual([await show(other, code), await show(lab, code)], [401, 401]);
  assert.equal(await show(other, oneTimeCode(secret, 1)), 201);
});

/** Makes a token with another one. */
async function make(token: string, label: string, json: object = { role: "platform" }): Promise<string> {
  const { status, body, text } = await ask("POST", "/tokens", { token, json: { label, ...json } });
  assert.equal(status, 201, text);
  return String(body["token"]);
}

test("a token goes with the one that it was made with, and takes along what it has made itself", async () => {
  const top = await make(platform, "top");
  const child = await make(top, "child", { role: "tenant", tenant: "acme" });
  const grandchild = await make(child, "grandchild", { role: "tenant", tenant: "acme" });
  const sibling = await make(platform, "sibling");
  const listed = await ask("GET", "/tokens", { token: platform });
  assert.match(listed.text, /"label":"grandchild"[^}]*"createdBy":"child","parent":"child"/);
  assert.match(listed.text, /"label":"top"[^}]*"createdBy":"api-token","parent":null/);
  const { status, body } = await ask("DELETE", "/tokens/top", { token: platform });
  assert.deepEqual([status, body], [200, { revoked: ["top", "child", "grandchild"], kept: [] }]);
  const good = await Promise.all([top, child, grandchild, sibling].map(isGood));
  assert.deepEqual(good, [false, false, false, true]);
  const audited = await ask("GET", "/audit?action=revoke-token", { token: platform });
  for (const label of ["top", "child", "grandchild"])
    assert.match(audited.text, new RegExp(`"subject":"${label}"`));
});

test("tokens that are kept go on, and go with whatever made the one that was revoked", async () => {
  const oldest = await make(platform, "oldest");
  const middle = await make(oldest, "middle");
  const youngest = await make(middle, "youngest");
  const kept = await ask("DELETE", "/tokens/middle?children=keep", { token: platform });
  assert.deepEqual(kept.body, { revoked: ["middle"], kept: ["youngest"] });
  assert.deepEqual([await isGood(middle), await isGood(youngest)], [false, true]);
  // The label is free again: who has it now has nothing to do with what was made with its predecessor.
  await make(platform, "middle");
  assert.deepEqual((await ask("DELETE", "/tokens/middle", { token: platform })).body, {
    revoked: ["middle"],
    kept: [],
  });
  assert.deepEqual((await ask("DELETE", "/tokens/oldest", { token: platform })).body["revoked"], [
    "oldest",
    "youngest",
  ]);
  assert.ok(!(await isGood(youngest)));
});

test("a token that is revoked in the middle of making another one leaves none behind", async () => {
  const leaked = await make(platform, "leaked");
  const json = { role: "platform" };
  const labels = Array.from({ length: 20 }, (_, index) => `race${index}`);
  const making = labels.map(async (label) =>
    ask("POST", "/tokens", { token: leaked, json: { label, ...json } }),
  );
  const revoked = await ask("DELETE", "/tokens/leaked", { token: platform });
  assert.equal(revoked.status, 200);
  const made = (await Promise.all(making)).map(({ body }) => body["token"]);
  for (const token of made) if (typeof token === "string") assert.ok(!(await isGood(token)));
  assert.deepEqual(await lab.query("select label from access_token where label like 'race%'"), []);
});

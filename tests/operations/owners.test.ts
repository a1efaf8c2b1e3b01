import assert from "node:assert/strict";
import { after, test } from "node:test";
import { oneTimeCode } from "../fixtures/one-time-code.ts";
import { type Answer, startAccessLab } from "./access-lab.ts";

const lab = await startAccessLab({ after });
const { platform, ask } = lab;
await ask("POST", "/domains", { token: platform, json: { name: "example.test" } });

let logins = 0;

/** A login of a test's own; its password is `secret`. */
async function newLogin(): Promise<string> {
  logins += 1;
  const name = `login${logins}@example.test`;
  const { status } = await ask("POST", "/logins", { token: platform, json: { name, password: "secret" } });
  assert.equal(status, 201);
  return name;
}

const logIn = async (name: string, password = "secret", code?: string): Promise<Answer> =>
  ask("POST", "/me/token", {
    basic: `${name}:${password}`,
    ...(code !== undefined && { headers: { "one-time-code": code } }),
  });

async function tokenOf(name: string, password?: string, code?: string): Promise<string> {
  const { status, body, text } = await logIn(name, password, code);
  assert.equal(status, 201, text);
  return String(body["token"]);
}

test("a password is exchanged for a token that opens one's own login until it ends. RFC 7617 §2", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  assert.equal((await ask("GET", "/me", { token })).body["name"], name);
  const stored = await lab.query("select encode(verifier, 'escape') as verifier from access_token");
  assert.ok(!JSON.stringify(stored).includes(token));
  assert.equal((await ask("DELETE", "/me/token", { token })).status, 204);
  assert.equal((await ask("GET", "/me", { token })).status, 401);
});

test("a wrong password, an unknown name and a disabled login are told the same, and are in the audit", async () => {
  const name = await newLogin();
  const disabled = await newLogin();
  const open = await tokenOf(disabled);
  await ask("POST", `/logins/${disabled}/disable`, { token: platform });
  assert.equal((await ask("GET", "/me", { token: open })).status, 401);
  const answers = [await logIn(name, "wrong"), await logIn("nobody@example.test"), await logIn(disabled)];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 401],
  );
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.match(answers[0]?.headers.get("www-authenticate") ?? "", /^Basic /);
});

test("a password is taken over TLS only, but from this host", async () => {
  const basic = `${await newLogin()}:secret`;
  const from = (proto: string) => ({ "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": proto });
  const plain = await ask("POST", "/me/token", { basic, headers: from("http") });
  assert.deepEqual([plain.status, plain.body["code"]], [403, "tls-required"]);
  assert.equal((await ask("POST", "/me/token", { basic, headers: from("https") })).status, 201);
});

test("app passwords are made, listed and revoked by their owner, and open nothing here", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  const made = await ask("POST", "/me/app-passwords", { token, json: { label: "phone" } });
  const appPassword = String(made.body["password"]);
  assert.match((await ask("GET", "/me/credentials", { token })).text, /"phone"/);
  assert.equal((await logIn(name, appPassword)).status, 401);
  assert.equal((await ask("DELETE", "/me/app-passwords?label=phone", { token })).status, 204);
  assert.doesNotMatch((await ask("GET", "/me/credentials", { token })).text, /"phone"/);
});

test("one-time codes are switched on once the app has shown one, and are wanted from then on", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  const begun = await ask("POST", "/me/totp", { token });
  const [secret, pending] = [String(begun.body["secret"]), String(begun.body["pending"])];
  const wrong = await ask("PUT", "/me/totp", { token, json: { pending, code: "abcdef" } });
  assert.deepEqual([wrong.status, wrong.body["code"]], [403, "not-proven"]);
  assert.equal((await ask("PUT", "/me/totp", { token, json: { pending: "x", code: "123456" } })).status, 403);
  assert.equal((await logIn(name)).status, 201);
  const first = oneTimeCode(secret);
  assert.equal((await ask("PUT", "/me/totp", { token, json: { pending, code: first } })).status, 204);
  assert.equal((await logIn(name)).status, 401);
  assert.equal((await logIn(name, "secret", first)).status, 401, "it has opened before. RFC 6238 §5.2");
  const code = oneTimeCode(secret, 1);
  const second = await tokenOf(name, "secret", code);
  assert.equal((await logIn(name, "secret", code)).status, 401, "a code opens once. RFC 6238 §5.2");
  assert.equal((await ask("DELETE", "/me/totp", { token: second })).status, 204);
  assert.equal((await logIn(name)).status, 201);
});

test("who changes his password shows the old one, and all tokens of the login end", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  const change = { currentPassword: "wrong", password: "changed" };
  const refused = await ask("PUT", "/me/password", { token, json: change });
  assert.deepEqual([refused.status, refused.body["code"]], [403, "not-proven"]);
  const json = { ...change, currentPassword: "secret" };
  assert.equal((await ask("PUT", "/me/password", { token, json })).status, 200);
  assert.equal((await ask("GET", "/me", { token })).status, 401);
  assert.equal((await logIn(name)).status, 401);
  assert.equal((await logIn(name, "changed")).status, 201);
});

test("deleted mail is listed and brought back by its owner", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  const message = "Subject: hi\r\n\r\nHello.\r\n";
  await ask("POST", `/maildrops/${name}/messages`, { token: platform, message });
  await lab.query(`select bury_messages(maildrop_id, array[1], 7, 'a-session', '${name}')
    from login where name = '${name}'`);
  const hidden = await ask("GET", "/me/hidden", { token });
  assert.match(hidden.text, /"deletedBy":"login/);
  assert.deepEqual((await ask("GET", "/me/messages", { token })).body["entries"], []);
  assert.deepEqual((await ask("POST", "/me/restore", { token, json: {} })).body, { messages: 1 });
  assert.match((await ask("GET", "/me/messages", { token })).text, /"uid":1/);
});

test("the lock of one's own maildrop is released by ending one's sessions", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  const common = { listener: "pop3", address: "192.0.2.1", mechanism: "USER", tlsVersion: undefined };
  const counts = { sinceMs: 0, commands: 0, octetsSent: 0 };
  lab.sessions.push({ sessionId: "own", login: name, ...common, ...counts });
  lab.sessions.push({ sessionId: "other", login: "other@example.test", ...common, ...counts });
  assert.equal((await ask("DELETE", "/me/sessions?sessionId=other", { token })).status, 404);
  assert.equal((await ask("DELETE", "/me/sessions", { token })).status, 200);
  assert.deepEqual(
    lab.sessions.map(({ sessionId }) => sessionId),
    ["other"],
  );
});

test("what is below /me is for owners, and a token of a domain goes with the domain", async () => {
  assert.equal((await ask("GET", "/me", { token: platform })).status, 403);
  await ask("POST", "/domains", { token: platform, json: { name: "gone.test" } });
  const json = { label: "gone", role: "domain", domain: "gone.test" };
  const { body } = await ask("POST", "/tokens", { token: platform, json });
  const token = String(body["token"]);
  assert.match((await ask("GET", "/domains", { token })).text, /gone\.test/);
  await ask("DELETE", "/domains/gone.test", { token: platform });
  await ask("POST", "/domains", { token: platform, json: { name: "gone.test" } });
  assert.equal((await ask("GET", "/domains", { token })).status, 401);
});

test("a token is taken back by its label, and one that has expired is worth nothing", async () => {
  const add = async (label: string): Promise<string> => {
    const json = { label, role: "platform", expiresInDays: 1 };
    return String((await ask("POST", "/tokens", { token: platform, json })).body["token"]);
  };
  const [first, second] = [await add("first"), await add("second")];
  assert.equal((await ask("GET", "/domains", { token: first })).status, 200);
  assert.match((await ask("GET", "/tokens", { token: first })).text, /"lastUsedAt":"2/);
  assert.equal((await ask("DELETE", "/tokens/first", { token: second })).status, 200);
  assert.equal((await ask("GET", "/domains", { token: first })).status, 401);
  await lab.query("update access_token set expires_at = now() where label = 'second'");
  assert.equal((await ask("GET", "/domains", { token: second })).status, 401);
});

test("a request that is sent again with its key is answered again and not done again", async () => {
  const name = await newLogin();
  const send = async (key: string, label: string): Promise<Answer> =>
    ask("POST", `/logins/${name}/app-passwords`, {
      token: platform,
      json: { label },
      headers: { "idempotency-key": key },
    });
  const first = await send("one", "phone");
  const again = await send("one", "phone");
  assert.deepEqual([first.status, again.status, again.text], [201, 201, first.text]);
  const other = await send("one", "tablet");
  assert.deepEqual([other.status, other.body["code"]], [422, "idempotency-key-used"]);
  const twice = await Promise.all([send("two", "laptop"), send("two", "laptop"), send("two", "laptop")]);
  const done = twice.filter(({ status }) => status === 201);
  assert.equal(new Set(done.map(({ text }) => text)).size, 1);
  assert.ok(twice.every(({ status }) => status === 201 || status === 409));
  const kept = await lab.query("select encode(sealed, 'escape') as sealed from kept_answer");
  assert.ok(!JSON.stringify(kept).includes(String(first.body["password"])));
});

test("a message that is sent again with its key is delivered once, and another one is refused", async () => {
  const name = await newLogin();
  const deliver = async (message: string): Promise<Answer> =>
    ask("POST", `/maildrops/${name}/messages`, {
      token: platform,
      message,
      headers: { "idempotency-key": "message" },
    });
  const first = await deliver("Subject: one\r\n\r\n");
  assert.deepEqual((await deliver("Subject: one\r\n\r\n")).body, first.body);
  assert.equal((await deliver("Subject: two\r\n\r\n")).status, 422);
  const { text } = await ask("GET", `/maildrops/${name}/messages`, { token: platform });
  assert.deepEqual([first.status, text.match(/"uid":/g)?.length], [201, 1]);
});

test("every change is in the audit with who did it as soon as it is answered", async () => {
  const name = await newLogin();
  const token = await tokenOf(name);
  await ask("POST", "/me/app-passwords", { token, json: { label: "phone" } });
  const { body } = await ask("GET", "/me/audit?action=add-app-password", { token });
  assert.partialDeepStrictEqual(body["entries"], [{ subject: name, actor: name, address: "127.0.0.1" }]);
  const made = await ask("GET", `/audit?subject=${name}&action=add-login`, { token: platform });
  assert.partialDeepStrictEqual(made.body["entries"], [{ actor: "api-token", outcome: "done" }]);
});

test("whoever asks too often without a token has to wait. RFC 6585 §4", async () => {
  const headers = { "x-forwarded-for": "192.0.2.99" };
  const statuses: number[] = [];
  for (let index = 0; index < 61; index += 1) {
    const { status, headers: answered } = await ask("GET", "/domains", { token: "wrong", headers });
    statuses.push(status);
    if (status === 429) assert.match(answered.get("retry-after") ?? "", /^\d+$/);
  }
  assert.deepEqual(new Set(statuses.slice(0, 60)), new Set([401]));
  assert.equal(statuses.at(-1), 429);
  assert.equal((await ask("GET", "/domains", { token: platform, headers })).status, 200);
});

test("no answer may be kept, framed or guessed about", async () => {
  const { headers } = await ask("GET", "/domains", { token: platform });
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
});

import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { type Lab, startLab } from "./lab.ts";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

async function ask(
  lab: Lab,
  method: string,
  path: string,
  {
    json,
    message,
    headers = {},
  }: { json?: unknown; message?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const type = message !== undefined ? "message/rfc822" : json !== undefined ? "application/json" : undefined;
  const body = message ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await fetch(`${lab.http.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${lab.token}`,
      ...(type === undefined ? {} : { "content-type": type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const content = await response.text();
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    body: content.startsWith("{") ? objectIn(content) : { content },
  };
}

function objectIn(content: string): Record<string, unknown> {
  const value: unknown = JSON.parse(content);
  assert.ok(typeof value === "object" && value !== null);
  return { ...value };
}

async function labWithAlice(t: TestContext): Promise<Lab> {
  const lab = await startLab(t);
  assert.equal((await ask(lab, "POST", "/v1/domains", { json: { name: "example.test" } })).status, 201);
  const json = { name: "alice@example.test", password: "secret" };
  assert.equal((await ask(lab, "POST", "/v1/logins", { json })).status, 201);
  return lab;
}

const message = "Subject: hi\r\n\r\nHello.\r\n.\r\nA dot stood there.\r\n";

test("a live server says so, and its metrics can be scraped, without a token", async (t) => {
  const { http } = await startLab(t);
  assert.equal((await fetch(`${http.url}/health/live`)).status, 200);
  const metrics = await fetch(`${http.url}/metrics`);
  assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  assert.match(await metrics.text(), /^poplar_build_info/m);
});

test("a server is ready until it drains or a dependency is down, and then names it", async (t) => {
  const lab = await startLab(t);
  assert.equal((await ask(lab, "GET", "/health/ready")).status, 200);
  lab.self.postgres = { isUp: false, detail: "connection refused" };
  const down = await ask(lab, "GET", "/health/ready");
  assert.equal(down.status, 503);
  assert.deepEqual([down.body["status"], down.body["down"]], ["dependency-down", ["postgres"]]);
  lab.self.postgres = { isUp: true, detail: "" };
  lab.self.isDraining = true;
  const draining = await ask(lab, "GET", "/health/ready");
  assert.deepEqual([draining.status, draining.body["status"]], [503, "draining"]);
});

test("without the token, or with a wrong one, nothing of the API answers. RFC 6750 §3", async (t) => {
  const lab = await startLab(t);
  const wrong = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    `Basic ${lab.token}`,
    `Bearer ${lab.token}x`,
    lab.token,
  ];
  for (const authorization of wrong) {
    const response = await fetch(`${lab.http.url}/v1/domains`, { headers: { authorization } });
    assert.equal(response.status, 401, authorization);
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
  }
  const json = { name: "example.test" };
  const headers = { authorization: "Bearer x" };
  assert.equal((await ask(lab, "POST", "/v1/domains", { json, headers })).status, 401);
  assert.deepEqual((await ask(lab, "GET", "/v1/domains")).body["entries"], []);
});

test("a front end without the API serves health only", async (t) => {
  const lab = await startLab(t, { hasApi: false });
  assert.equal((await ask(lab, "GET", "/health/live")).status, 200);
  assert.equal((await ask(lab, "GET", "/v1/domains")).status, 404);
});

test("a login lives: made, shown, disabled, given a password, listed, removed", async (t) => {
  const lab = await labWithAlice(t);
  const path = "/v1/logins/alice%40example.test";
  assert.equal((await ask(lab, "GET", path)).body["isDisabled"], false);
  const none = { endedSessions: 0, silentNodes: [] };
  assert.deepEqual((await ask(lab, "POST", `${path}/disable`)).body, none);
  assert.equal((await ask(lab, "GET", path)).body["isDisabled"], true);
  assert.equal((await ask(lab, "POST", `${path}/enable`)).status, 204);
  const changed = await ask(lab, "PUT", `${path}/password`, { json: { password: "new" } });
  assert.deepEqual(changed.body, { ...none, revokedAppPasswords: 0, keptAppPasswords: 0 });
  const list = await ask(lab, "GET", "/v1/logins?domain=example.test&limit=1");
  assert.equal(list.body["next"], "alice@example.test");
  assert.deepEqual((await ask(lab, "DELETE", path)).body, none);
  assert.equal((await ask(lab, "GET", path)).status, 404);
});

test("a fault is a problem document with a stable code and a sentence. RFC 9457", async (t) => {
  const lab = await labWithAlice(t);
  const { status, type, body } = await ask(lab, "POST", "/v1/domains", { json: { name: "example.test" } });
  assert.equal(status, 409);
  assert.match(type, /^application\/problem\+json/);
  assert.deepEqual(body, {
    type: "about:blank",
    title: "Conflict",
    status: 409,
    code: "already-exists",
    detail: "example.test exists already.",
  });
});

test("every way to ask wrongly has its code", async (t) => {
  const lab = await labWithAlice(t);
  const big = { name: "x".repeat(70_000) };
  const cases = [
    ["GET", "/v1/nothing", {}, 404, "no-such-route"],
    ["GET", "/v1/logins/nobody%40example.test", {}, 404, "not-found"],
    ["GET", "/v1/domains?limit=0", {}, 400, "invalid-input"],
    ["GET", "/v1/domains?nonsense=1", {}, 400, "invalid-input"],
    ["POST", "/v1/domains", { json: { name: "no domain" } }, 400, "invalid-input"],
    ["POST", "/v1/domains", { json: [] }, 400, "invalid-input"],
    ["POST", "/v1/domains", {}, 400, "invalid-input"],
    ["POST", "/v1/domains", { json: big }, 413, "body-too-large"],
    [
      "POST",
      "/v1/domains",
      { json: 1, headers: { "content-type": "text/plain" } },
      415,
      "unsupported-media-type",
    ],
    [
      "POST",
      "/v1/domains",
      { message: "{", headers: { "content-type": "application/json" } },
      400,
      "invalid-request",
    ],
    ["DELETE", "/v1/domains/example.test", {}, 409, "not-empty"],
    ["POST", "/v1/maildrops/alice%40example.test/messages", { json: {} }, 400, "invalid-input"],
    ["POST", "/v1/maildrops/nobody%40example.test/messages", { message }, 404, "not-found"],
  ] as const;
  for (const [method, path, request, status, code] of cases) {
    const answer = await ask(lab, method, path, request);
    assert.deepEqual([answer.status, answer.body["code"]], [status, code], `${method} ${path}`);
  }
});

test("a message is delivered as it was sent, with its envelope", async (t) => {
  const lab = await labWithAlice(t);
  const path = "/v1/maildrops/alice%40example.test/messages";
  const { status, body } = await ask(lab, "POST", `${path}?reversePath=bob%40other.test`, { message });
  assert.equal(status, 201);
  assert.equal(body["recipient"], "alice@example.test");
  const listed = await ask(lab, "GET", path);
  assert.partialDeepStrictEqual(listed.body, {
    entries: [{ uid: body["uid"], reversePath: "bob@other.test" }],
  });
  assert.ok(
    (await firstMessageOf(lab, Number(body["maildropId"]))).endsWith(
      message.replace("\r\n.\r\n", "\r\n..\r\n"),
    ),
  );
});

test("a message that is too large is refused whole", async (t) => {
  const lab = await labWithAlice(t);
  const path = "/v1/maildrops/alice%40example.test/messages";
  const large = await ask(lab, "POST", path, {
    message: `a: b\r\n\r\n${"x".repeat(76)}\r\n`.repeat(110_000),
  });
  assert.deepEqual([large.status, large.body["code"]], [413, "message-too-big"]);
  assert.deepEqual((await ask(lab, "GET", path)).body["entries"], []);
});

test("a message whose sender leaves half-way is not stored", async (t) => {
  const lab = await labWithAlice(t);
  const { port } = new URL(lab.http.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    "POST /v1/maildrops/alice%40example.test/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n" +
      `Authorization: Bearer ${lab.token}\r\nContent-Type: message/rfc822\r\n\r\n${message}`,
  );
  socket.end();
  await text(socket);
  const path = "/v1/maildrops/alice%40example.test/messages";
  assert.deepEqual((await ask(lab, "GET", path)).body["entries"], []);
});

test("when the database is down, the API says 503 and the log says why", async (t) => {
  const lab = await labWithAlice(t);
  lab.store.setDown(new Error("connect ECONNREFUSED"));
  const { status, body } = await ask(lab, "GET", "/v1/domains");
  assert.deepEqual([status, body["code"]], [503, "storage-down"]);
  assert.doesNotMatch(JSON.stringify(body), /ECONNREFUSED/);
  assert.match(lab.lines.join(""), /ECONNREFUSED/);
});

test("a bug is a 500 without its text, and stands in the log", async (t) => {
  const lab = await labWithAlice(t);
  t.mock.method(lab.store.registry, "listDomains", () => Promise.reject(new Error("hunter2")));
  const { status, body } = await ask(lab, "GET", "/v1/domains");
  assert.deepEqual([status, body["code"]], [500, "internal-error"]);
  assert.doesNotMatch(JSON.stringify(body), /hunter2/);
  assert.match(lab.lines.join(""), /hunter2/);
});

test("no password reaches the log", async (t) => {
  const lab = await labWithAlice(t);
  const json = { name: "bob@nowhere.test", password: "hunter2" };
  assert.equal((await ask(lab, "POST", "/v1/logins", { json })).status, 404);
  assert.doesNotMatch(lab.lines.join(""), /hunter2|secret/);
  assert.match(lab.lines.join(""), /add-login/);
});

test("closing does not wait for a client that keeps its connection", async (t) => {
  const lab = await startLab(t);
  const socket = connect(Number(new URL(lab.http.url).port), "127.0.0.1");
  socket.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HT");
  await new Promise((resolve) => socket.once("data", resolve));
  await lab.http.close();
  await assert.rejects(fetch(`${lab.http.url}/health/live`));
});

async function firstMessageOf(lab: Lab, maildropId: number): Promise<string> {
  const holder = { sessionId: "s", login: "alice@example.test", address: "127.0.0.1" };
  const maildrop = await lab.store.maildrops.open({ maildropId, view: WHOLE, holder });
  assert.ok(!isFault(maildrop));
  const number = 1;
  assert.ok(maildrop.listing.has(number));
  const reader = await maildrop.read(number, "whole");
  assert.ok(!isFault(reader));
  const slices: Uint8Array[] = [];
  for (;;) {
    const next = await reader.next();
    assert.ok(!isFault(next));
    if (next === undefined) return Buffer.concat(slices).toString("latin1");
    slices.push(Uint8Array.from(next));
    reader.giveBack?.(next);
  }
}

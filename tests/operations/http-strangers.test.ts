import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { serveHttp } from "@poplar/http";
import { createTelemetry } from "@poplar/telemetry";
import { until } from "@poplar/testkit";
import { startAccessLab } from "./access-lab.ts";

const lab = await startAccessLab({ after });

test("a request that does not come to its end is answered and cut off, and others are served meanwhile", async (t) => {
  const { log, events, metricsText } = createTelemetry({
    level: "silent",
    isPretty: false,
    serviceName: "test",
  });
  const http = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    metricsText,
    log,
    events,
    self: {
      app: "test",
      version: "0.1.0",
      startedAt: new Date(),
      dependencies: [],
      listeners: () => [],
      certificates: () => [],
      isDraining: () => false,
    },
    requestMsMax: 300,
  });
  t.after(() => http.close());
  const { port } = new URL(http.url);
  const slow = connect(Number(port), "127.0.0.1");
  slow.write(
    "POST /v1/me/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
  );
  const ended = text(slow);
  assert.equal((await fetch(`${http.url}/health/live`)).status, 200);
  assert.match(await ended, /^HTTP\/1\.1 4\d\d /);
});

test("a stranger is not another one with each of the IPv6 addresses that he can take", async () => {
  const statuses: number[] = [];
  for (let host = 1; host <= 70; host += 1) {
    const headers = { "x-forwarded-for": `2001:db8:0:1::${host.toString(16)}` };
    statuses.push((await lab.ask("GET", "/domains", { token: "poplar_nonsense", headers })).status);
  }
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
  const neighbour = { "x-forwarded-for": "2001:db8:0:2::1" };
  assert.equal(
    (await lab.ask("GET", "/domains", { token: "poplar_nonsense", headers: neighbour })).status,
    401,
  );
});

test("a password is changed over TLS only, but from this host", async () => {
  const name = "alice@example.test";
  for (const [path, json] of [
    ["/domains", { name: "example.test" }],
    ["/logins", { name, password: "secret" }],
  ] as const) {
    assert.equal((await lab.ask("POST", path, { token: lab.platform, json })).status, 201);
  }
  const token = String((await lab.ask("POST", "/me/token", { basic: `${name}:secret` })).body["token"]);
  const json = { currentPassword: "secret", password: "another" };
  const from = (proto: string) => ({ "x-forwarded-for": "192.0.2.9", "x-forwarded-proto": proto });
  const plain = await lab.ask("PUT", "/me/password", { token, json, headers: from("http") });
  assert.deepEqual([plain.status, plain.body["code"]], [403, "tls-required"]);
  assert.equal((await lab.ask("PUT", "/me/password", { token, json, headers: from("https") })).status, 200);
});

test("what a proxy passes on as an address and is none, is neither counted nor audited as one", async () => {
  const headers = { "x-forwarded-for": `nonsense${"x".repeat(5000)}` };
  await lab.ask("POST", "/me/token", { basic: "nobody@example.test:wrong", headers });
  const addresses = async (): Promise<unknown[]> =>
    (await lab.query("select distinct address from audit where subject like 'nobody@%' order by 1")).map(
      ({ address }) => address,
    );
  await until("the audit", async () => (await addresses()).length > 0);
  assert.deepEqual(await addresses(), ["127.0.0.1"]);
  const forwarded = { "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https" };
  await lab.ask("POST", "/me/token", { basic: "nobody@example.test:wrong", headers: forwarded });
  await until("one more", async () => (await addresses()).length > 1);
  assert.deepEqual(await addresses(), ["127.0.0.1", "192.0.2.7"]);
});

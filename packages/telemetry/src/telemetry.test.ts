import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { createTelemetry, type SessionSummary, type Telemetry } from "./index.ts";
import { createLog } from "./log.ts";

const summary: SessionSummary = {
  sessionId: "s1",
  listener: "pop3s",
  address: "192.0.2.1",
  login: "alice@example.test",
  mechanism: "USER",
  tlsVersion: "TLSv1.3",
  tlsCipher: "TLS_AES_256_GCM_SHA384",
  commands: 7,
  messagesRetrieved: 2,
  octetsSent: 4096,
  messagesDeleted: 1,
  durationMs: 12,
  endReason: "quit",
  lastRefusal: undefined,
  uniqueIdListingHash: "ab12",
};

/** A telemetry whose lines land in an array, as objects. */
function recorded(t: TestContext): Telemetry & { readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    // oxlint-disable-next-line typescript/no-unsafe-argument -- a line of the log is an object
    lines.push(JSON.parse(line));
  };
  const telemetry = createTelemetry({
    level: "debug",
    isPretty: false,
    serviceName: "test",
    version: "1.2.3",
    destination: { write },
  });
  t.after(() => telemetry.close());
  return { ...telemetry, lines };
}

test("a session that ends leaves one line with all that support asks for", (t) => {
  const { events, lines } = recorded(t);
  events.sessionStarted("pop3s");
  events.sessionEnded(summary);
  const [line] = lines;
  assert.equal(lines.length, 1);
  const { lastRefusal: _absent, ...present } = summary;
  assert.deepEqual({ ...line, ...present }, line);
  assert.equal(line?.["event"], "session-ended");
});

test("sessions, deletions and ends are counted", async (t) => {
  const { events, metricsText } = recorded(t);
  events.sessionStarted("pop3s");
  events.sessionStarted("pop3s");
  events.sessionEnded(summary);
  const text = await metricsText();
  assert.match(text, /^poplar_pop_sessions\{listener="pop3s"\} 1$/m);
  assert.match(text, /^poplar_pop_sessions_total\{listener="pop3s",reason="quit"\} 1$/m);
  assert.match(text, /^poplar_pop_messages_deleted_total 1$/m);
  assert.match(text, /^poplar_build_info\{service="test",version="1\.2\.3",node="[0-9.]+"\} 1$/m);
});

test("a tally counts once, however often it is scraped", async (t) => {
  const { events, metricsText } = recorded(t);
  events.octetsSent(1000);
  events.octetsSent(24);
  events.messageRetrieved();
  await metricsText();
  const text = await metricsText();
  assert.match(text, /^poplar_pop_octets_sent_total 1024$/m);
  assert.match(text, /^poplar_pop_messages_retrieved_total 1$/m);
});

test("command durations add up in cumulative buckets", async (t) => {
  const { events, metricsText } = recorded(t);
  for (const seconds of [0.0001, 0.0002, 0.4, 99]) events.commandDone("RETR", seconds, "s1");
  const text = await metricsText();
  const bucket = (le: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`poplar_pop_command_duration_seconds_bucket{verb="RETR",le="${le}"}`))
        ?.split(" ")[1],
    );
  assert.deepEqual(["0.0001", "0.00025", "0.25", "0.5", "30", "+Inf"].map(bucket), [1, 2, 2, 3, 3, 4]);
  assert.match(text, /^poplar_pop_command_duration_seconds_count\{verb="RETR"\} 4$/m);
  assert.match(text, /^poplar_pop_command_duration_seconds_sum\{verb="RETR"\} 99\.4003$/m);
});

test("a label that strangers make grow ends in `other`", async (t) => {
  const { events, metricsText } = recorded(t);
  for (let index = 0; index < 10_000; index += 1) events.commandDone(`X${index}`, 0.1, "s1");
  const text = await metricsText();
  const counts = text.match(/^poplar_pop_command_duration_seconds_count/gm);
  assert.equal(counts?.length, 65);
  assert.match(text, /_count\{verb="other"\} 9936$/m);
});

test("the metrics parse as lines of names, labels and numbers, each family described", async (t) => {
  const { events, metricsText } = recorded(t);
  events.commandDone('QU"IT\n\\', 0.1, "s1");
  events.dependencyDown({ dependency: "postgres", cause: new Error("refused") });
  const text = await metricsText();
  const sample = /^[a-z0-9_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)*\})? (-?[0-9.e+-]+|NaN|\+Inf)$/i;
  const odd = text.split("\n").filter((line) => line !== "" && !line.startsWith("#") && !sample.test(line));
  assert.deepEqual(odd, []);
  for (const name of [
    "poplar_pop_command_duration_seconds",
    "poplar_event_loop_delay_seconds",
    "process_cpu_seconds_total",
  ]) {
    assert.match(text, new RegExp(`^# TYPE ${name} `, "m"));
  }
  assert.match(text, /^poplar_dependency_up\{dependency="postgres"\} 0$/m);
});

test("secrets do not reach the log, neither by name nor inside a URL nor inside an error", (t) => {
  const { log, lines } = recorded(t);
  log.info({
    password: "hunter2",
    login: { verifier: "hunter2", secret: "hunter2" },
    config: { postgresUrl: "postgres://poplar:hunter2@db.example.test/poplar", token: "hunter2" },
    err: new Error("cannot reach redis://:hunter2@cache.example.test"),
  });
  const text = JSON.stringify(lines);
  assert.doesNotMatch(text, /hunter2/);
  assert.match(text, /db\.example\.test/);
  assert.match(text, /cache\.example\.test/);
});

test("a refusal with a cause is an error, one of the client's own making is not", (t) => {
  const { events, lines } = recorded(t);
  events.commandRefused({ sessionId: "s1", verb: "RETR", reason: "no-such-message" });
  events.commandRefused({ sessionId: "s1", verb: "RETR", reason: "storage-down", cause: new Error("gone") });
  assert.deepEqual(
    lines.map((line) => line["level"]),
    ["debug", "error"],
  );
});

test("a delivery is counted by its outcome, with its octets and its duration", async (t) => {
  const { events, metricsText } = recorded(t);
  const outcome = {
    sessionId: "l1",
    reversePath: "",
    recipient: "alice@example.test",
    octets: 500,
    durationMs: 3,
  };
  events.deliveryAccepted({ ...outcome, maildropId: 1, uid: 9 });
  events.deliveryRefused({ ...outcome, reason: "over-quota" });
  const text = await metricsText();
  assert.match(text, /^poplar_lmtp_deliveries_total\{outcome="accepted"\} 1$/m);
  assert.match(text, /^poplar_lmtp_deliveries_total\{outcome="over-quota"\} 1$/m);
  assert.match(text, /^poplar_lmtp_octets_received_total 500$/m);
  assert.match(text, /^poplar_lmtp_delivery_duration_seconds_bucket\{outcome="accepted",le="0\.005"\} 1$/m);
});

test("on a terminal no line steers it, and none passes for another", () => {
  const lines: string[] = [];
  const destination = { write: (line: string): void => void lines.push(line) };
  const log = createLog({ level: "info", isPretty: true, serviceName: "test", destination });
  const evil = "a\u001b[2J\u009b2J\r\nINFO: all is well\u202e";
  log.info({ login: evil, deep: { list: [evil] } }, `refused ${evil}`);
  log.error({ err: new Error(evil) }, "failed");
  const text = lines.join("");
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\p{Cf}]/u);
  assert.doesNotMatch(text, /^INFO: all is well/m);
  assert.match(text, /refused a\u{fffd}\[2J.*INFO: all is well/u);
  assert.match(text, /^ +at /m, "a stack has its lines");
});

test("for people a line is text, and closing writes it out", async () => {
  const written: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const telemetry = createTelemetry({ level: "info", isPretty: true, serviceName: "test", destination });
  telemetry.events.listening({ listener: "pop3", address: "127.0.0.1:1110" });
  await telemetry.close();
  assert.match(written.join(""), /INFO.*pop3 listens on 127\.0\.0\.1:1110/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createTelemetry, type Events, type SessionSummary, withTracing } from "./index.ts";
import { traceEvents } from "./trace-events.ts";

const summaryOf = (sessionId: string, more: Partial<SessionSummary> = {}): SessionSummary => ({
  sessionId,
  listener: "pop3s",
  address: "192.0.2.1",
  login: "alice@example.test",
  mechanism: "USER",
  tlsVersion: undefined,
  tlsCipher: undefined,
  commands: 3,
  messagesRetrieved: 1,
  octetsSent: 4096,
  messagesDeleted: 0,
  durationMs: 500,
  endReason: "quit",
  lastRefusal: undefined,
  uniqueIdListingHash: undefined,
  ...more,
});

function lab({ oneIn = 1 } = {}): { readonly events: Events; readonly exporter: InMemorySpanExporter } {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const { events } = createTelemetry({ level: "silent", isPretty: false, serviceName: "test" });
  return { events: traceEvents(events, provider.getTracer("test"), oneIn), exporter };
}

const msOf = ([seconds, nanoseconds]: readonly [number, number]): number =>
  seconds * 1000 + nanoseconds / 1_000_000;

test("switched off, a telemetry is the very one that it was", async () => {
  const telemetry = createTelemetry({ level: "silent", isPretty: false, serviceName: "test" });
  assert.equal(await withTracing(telemetry, undefined), telemetry);
  await telemetry.close();
});

test("a session is a span, and its login, transfer and UPDATE lie below it and within it", () => {
  const { events, exporter } = lab();
  for (const [verb, seconds] of [
    ["USER", 0.001],
    ["PASS", 0.2],
    ["LIST", 0.001],
    ["RETR", 0.1],
    ["QUIT", 0.05],
  ] as const) {
    events.commandDone(verb, seconds, "s1");
  }
  events.sessionEnded(summaryOf("s1"));
  const spans = exporter.getFinishedSpans();
  assert.deepEqual(
    spans.map(({ name }) => name),
    ["pop login", "pop message transfer", "pop update", "pop session"],
  );
  const session = spans.at(-1)!;
  for (const span of spans.slice(0, -1)) {
    assert.equal(span.parentSpanContext?.spanId, session.spanContext().spanId);
    assert.ok(msOf(span.startTime) >= msOf(session.startTime));
    assert.ok(msOf(span.endTime) <= msOf(session.endTime));
  }
  assert.ok(Math.abs(msOf(spans[0]!.duration) - 200) < 1);
});

test("no span names a login or an address", () => {
  const { events, exporter } = lab();
  events.commandDone("PASS", 0.2, "s1");
  events.sessionEnded(summaryOf("s1"));
  const recipient = "alice@example.test";
  const outcome = { sessionId: "l1", reversePath: "bob@example.test", recipient, octets: 500, durationMs: 3 };
  events.deliveryAccepted({ ...outcome, maildropId: 1, uid: 1 });
  const attributes = JSON.stringify(exporter.getFinishedSpans().map((span) => span.attributes));
  assert.match(attributes, /"poplar.session.id":"s1"/);
  assert.doesNotMatch(attributes, /example\.test|192\.0\.2/);
});

test("a fault of ours marks its span and its session, a wrong password marks neither", () => {
  const { events, exporter } = lab();
  for (const [sessionId, reason] of [
    ["s1", "storage-down"],
    ["s2", "bad-credentials"],
  ] as const) {
    events.commandRefused({ sessionId, verb: "PASS", reason });
    events.commandDone("PASS", 0.1, sessionId);
    events.sessionEnded(summaryOf(sessionId, { lastRefusal: reason }));
  }
  assert.deepEqual(
    exporter
      .getFinishedSpans()
      .map(({ name, status, attributes }) => [name, status.code, attributes["poplar.refusal"]]),
    [
      ["pop login", 2, "storage-down"],
      ["pop session", 2, "storage-down"],
      ["pop login", 0, "bad-credentials"],
      ["pop session", 0, "bad-credentials"],
    ],
  );
});

test("of one in ten, about that many are traced, each whole or not at all", () => {
  const { events, exporter } = lab({ oneIn: 10 });
  for (let index = 0; index < 2000; index += 1) {
    events.commandDone("PASS", 0.1, `session-${index}`);
    events.sessionEnded(summaryOf(`session-${index}`));
  }
  const names = exporter.getFinishedSpans().map(({ name }) => name);
  const sessions = names.filter((name) => name === "pop session").length;
  assert.ok(sessions > 120 && sessions < 280, String(sessions));
  assert.equal(names.length, 2 * sessions);
});

test("a session of very many messages has a trace that ends", () => {
  const { events, exporter } = lab();
  for (let index = 0; index < 1000; index += 1) events.commandDone("RETR", 0.001, "s1");
  events.sessionEnded(summaryOf("s1"));
  const spans = exporter.getFinishedSpans();
  assert.equal(spans.length, 129);
  assert.equal(spans.at(-1)?.attributes["poplar.steps.dropped"], 872);
});

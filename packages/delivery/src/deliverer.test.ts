import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ResolvedRecipient } from "@poplar/maildrop";
import { Deliverer, type DelivererOptions } from "./deliverer.ts";
import { openSpool } from "./spool.ts";
import { RecordedEvents, RecordingStore, temporaryDirectory } from "./test-fixture.ts";
import type { Origin } from "./trace-header.ts";

const origin: Origin = { sessionId: "r1", id: "r1", reversePath: "s@example.test", protocol: "HTTP" };

async function set(
  t: TestContext,
  options: Partial<DelivererOptions> = {},
): Promise<{ deliverer: Deliverer; store: RecordingStore; events: RecordedEvents }> {
  const store = new RecordingStore();
  const events = new RecordedEvents();
  const spool = await openSpool({ directory: await temporaryDirectory(t) });
  return {
    deliverer: new Deliverer({ store, events, spool, hostname: "h.test", ...options }),
    store,
    events,
  };
}

const to = (...recipients: string[]): ResolvedRecipient[] =>
  recipients.map((recipient) => ({ recipient, maildropId: 7 }));

async function* of(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

test("a file with bare line feeds is delivered as lines that end in CRLF, dots are not taken off", async (t) => {
  const { deliverer, store, events } = await set(t);
  const outcomes = await deliverer.deliver(origin, to("a@example.test"), of("S: x\n\n..", "a\n.\nend"));
  assert.deepEqual(outcomes, [{ recipient: "a@example.test", maildropId: 7, uid: 1 }]);
  assert.equal(store.copies[0]?.wire.toString(), "S: x\r\n\r\n...a\r\n..\r\nend\r\n");
  assert.match(
    store.copies[0].trace,
    /\r\nReceived: by h\.test with HTTP id r1\r\n\tfor <a@example\.test>; /,
  );
  const [{ durationMs, ...event } = { durationMs: -1 }] = events.accepted;
  assert.ok(durationMs >= 0);
  assert.deepEqual(event, {
    sessionId: "r1",
    reversePath: "s@example.test",
    recipient: "a@example.test",
    octets: 21,
    maildropId: 7,
    uid: 1,
  });
});

test("a source that fails stores nothing, and the outcome says so", async (t) => {
  const { deliverer, store, events } = await set(t);
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("first");
    throw new Error("gone");
  }
  const [outcome] = await deliverer.deliver(origin, to("a@example.test"), failing());
  assert.ok(outcome !== undefined && "refusal" in outcome);
  assert.equal(outcome.refusal.reason, "message-cut-short");
  assert.equal(store.copies.length, 0);
  assert.equal(events.refused.length, 1);
});

test("the limit counts CRLF line ends, whatever the line ends are", async (t) => {
  const { deliverer } = await set(t, { messageOctetsMax: 6 });
  const reasonOf = async (text: string): Promise<string | undefined> => {
    const [outcome] = await deliverer.deliver(origin, to("a@example.test"), of(text));
    return outcome !== undefined && "refusal" in outcome ? outcome.refusal.reason : undefined;
  };
  assert.equal(await reasonOf("a\nb\n"), undefined);
  assert.equal(await reasonOf("a\nbc\n"), "message-too-big");
  assert.equal(await reasonOf("a\nbc"), "message-too-big");
});

test("a store that answers for too few copies is a bug of its own, not an acceptance", async (t) => {
  const store = new RecordingStore();
  store.deliver = () => Promise.resolve([1]);
  const { deliverer } = await set(t, { store });
  const [first, second] = await deliverer.deliver(origin, to("a@b.test", "c@b.test"), of("x"));
  assert.ok(first !== undefined && "uid" in first);
  assert.ok(second !== undefined && "refusal" in second);
  assert.equal(second.refusal.reason, "internal-error");
});

test("mail for an address beyond ASCII is internationalised, whoever brings it. RFC 6532 §3.2", async (t) => {
  const store = new RecordingStore();
  const seen: unknown[] = [];
  store.deliver = async ({ copies, content }) => {
    seen.push([content.isInternationalised, copies[0]?.surrogateOctets !== undefined]);
    return copies.map(() => 1);
  };
  const { deliverer } = await set(t, { store });
  await deliverer.deliver(origin, to("j\u00f6rg@example.test"), of("S: x\n\n"));
  await deliverer.deliver(
    { ...origin, reversePath: "j\u00f6rg@x.test" },
    to("a@example.test"),
    of("S: x\n\n"),
  );
  await deliverer.deliver(origin, to("a@example.test"), of("S: \u00e4\n\n"));
  assert.deepEqual(seen, [
    [true, true],
    [true, true],
    [false, false],
  ]);
});

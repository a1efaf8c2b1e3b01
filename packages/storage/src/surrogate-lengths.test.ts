import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type OpenMaildrop, WHOLE } from "@poplar/maildrop";
import { isFault, messageNumberAt, SurrogateMeter } from "@poplar/protocol";
import { until } from "@poplar/testkit";
import { openStorage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents });
after(() => storage.close());

async function open(maildropId: number): Promise<OpenMaildrop> {
  const holder = { sessionId: "s", login: "alice@example.test", address: "192.0.2.1" };
  const maildrop = await storage.maildrops.open({ maildropId, view: WHOLE, holder });
  if (isFault(maildrop)) assert.fail(maildrop.fault);
  return maildrop;
}

test("a message from before surrogates has one in the session after the first that lists it (RFC 6858)", async () => {
  await storage.registry.addDomain("example.test");
  const login = { name: "alice@example.test", passwordVerifier: "v", quotaOctets: undefined };
  const made = await storage.registry.addLogin(login);
  assert.ok("maildropId" in made);
  const { maildropId } = made;
  const wire = Buffer.from(`Subject: \u00e4\r\n\r\n${"x".repeat(78)}\r\n`.repeat(9000));
  await storage.deliveries.deliver({
    reversePath: "",
    copies: [{ resolved: { recipient: "x@example.test", maildropId }, traceHeader: Buffer.alloc(0) }],
    content: {
      octets: wire.length,
      headerWireOctets: 15,
      wireOctets: wire.length,
      isInternationalised: true,
      slices: () => [wire],
    },
  });
  const number = messageNumberAt(0);
  const { listing } = await open(maildropId);
  listing.showSurrogates();
  assert.deepEqual([listing.isSurrogateShown(number), listing.octetsOf(number)], [false, wire.length]);
  const meter = new SurrogateMeter();
  meter.take(wire);
  const octets = meter.finish();
  await until("the surrogate is shown", async () => {
    const { listing: again } = await open(maildropId);
    again.showSurrogates();
    if (!again.isSurrogateShown(number)) return false;
    assert.equal(again.octetsOf(number), octets);
    return true;
  });
});

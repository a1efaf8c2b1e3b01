import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { type AuditEvent, isRegistryFault } from "@poplar/maildrop";
import { openStorage, type Storage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const open = async (): Promise<Storage> =>
  openStorage({ connection: database.url, log: silentLog, events: deafEvents });

test("events are written together, in their order, whatever a stranger calls himself", async () => {
  const subjects = ['a"b', "{c,NULL}", "\\d'", "NULL", "", " e ", "ø€\u{1f600}", "g\0h"];
  const events = subjects.map(
    (subject, index): AuditEvent => ({
      at: new Date(1_700_000_000_123 + index),
      action: "login",
      outcome: "accepted",
      subject,
      mechanism: index % 2 === 0 ? undefined : "PLAIN",
      address: index % 3 === 0 ? undefined : "192.0.2.1",
      listener: undefined,
      actor: index % 4 === 0 ? undefined : "a token",
      sessionId: "the-session",
    }),
  );
  const writing = await open();
  for (const event of events) writing.audit.record(event);
  await writing.close();
  const reading = await open();
  const found = await reading.audit.search({}, { after: undefined, limit: 100 });
  await reading.close();
  assert.ok(!isRegistryFault(found));
  const stored = events.map(({ subject }) => subject.replace("\0", "\u{fffd}"));
  const ids = found.map(({ auditId }) => auditId).toReversed();
  assert.deepEqual(
    found.toReversed(),
    events.map((event, index) => Object.assign(event, { auditId: ids[index], subject: stored[index] })),
  );
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
});

test("an event that Postgres will never take holds no other one up", async () => {
  const trail = await open();
  const event = (address: string): AuditEvent => ({
    at: new Date(),
    action: "login",
    outcome: "done",
    subject: "held-up@example.test",
    address,
  });
  // Too long for an index, however it is compressed.
  const unstorable = randomBytes(9000).toString("hex");
  for (const address of ["192.0.2.1", unstorable, "192.0.2.2", unstorable, "192.0.2.3"]) {
    trail.audit.record(event(address));
  }
  await trail.close();
  const reading = await open();
  const page = { after: undefined, limit: 9 };
  const found = await reading.audit.search({ subject: "held-up@example.test" }, page);
  await reading.close();
  assert.ok(!isRegistryFault(found));
  assert.deepEqual(
    found.map(({ address }) => address),
    ["192.0.2.3", "192.0.2.2", "192.0.2.1"],
  );
});

test("old events are forgotten, the oldest first, so many at a time", async () => {
  const trail = await open();
  const event = (day: number): AuditEvent => ({
    at: new Date(Date.UTC(2020, 0, day)),
    action: "login",
    outcome: "done",
    subject: "forgetting@example.test",
  });
  for (let day = 1; day <= 10; day += 1) trail.audit.record(event(day));
  await trail.close();
  const reading = await open();
  const { audit } = reading;
  const before = new Date(Date.UTC(2020, 0, 8));
  assert.deepEqual([await audit.forget(before, 4), await audit.forget(before, 4)], [4, 3]);
  const left = await audit.search({ subject: "forgetting@example.test" }, { after: undefined, limit: 100 });
  assert.ok(!isRegistryFault(left));
  assert.deepEqual(
    left.map(({ at }) => at.getUTCDate()),
    [10, 9, 8],
  );
  await reading.close();
});

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type DeliveryFault, isDeliveryFault, type OpenMaildrop, WHOLE } from "@poplar/maildrop";
import { type Fault, isFault, messageNumberAt } from "@poplar/protocol";
import { openStorage, type Storage } from "../open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "../testing.ts";
import { type Fate, PostgresProxy } from "./test-fixture.ts";

const { url } = await withPostgres({ after });
const proxy = await PostgresProxy.start(url);
const direct = await openStorage({ connection: url, log: silentLog, events: deafEvents });
await direct.registry.addDomain("example.test");

/**
 * The store under test, behind the link that fails; a lost connection is tried again at once, and all is
 * asked for.
 */
const limits = {
  reconnectMs: 0,
  lookupLanes: 1,
  bodyLanes: 1,
  writeLanes: 1,
  keptListingOctetsMax: 0,
  keptBodyOctetsMax: 0,
};
const storage = await openStorage({ connection: proxy.url, log: silentLog, events: deafEvents, limits });
after(async () => {
  await storage.close();
  await direct.close();
  await proxy.goDown();
});

let accounts = 0;

async function account(): Promise<{ login: string; maildropId: number }> {
  accounts += 1;
  const login = `login${accounts}@example.test`;
  const made = await direct.registry.addLogin({ name: login, passwordVerifier: "v", quotaOctets: undefined });
  assert.ok("maildropId" in made);
  return { login, maildropId: made.maildropId };
}

const message = Buffer.from("Subject: cut\r\n\r\nline\r\n".repeat(900), "latin1");

async function deliver(
  to: Storage,
  maildropId: number,
  copies = 1,
): Promise<readonly (number | DeliveryFault)[]> {
  const resolved = { recipient: "x@example.test", maildropId };
  return to.deliveries.deliver({
    reversePath: "",
    copies: Array.from({ length: copies }, () => ({ resolved, traceHeader: Buffer.from("X: 1\r\n") })),
    content: {
      octets: message.length,
      headerWireOctets: 16,
      wireOctets: message.length,
      slices: () => [message],
    },
  });
}

async function open(from: Storage, maildropId: number): Promise<OpenMaildrop> {
  const holder = { sessionId: "s", login: "l", address: "192.0.2.1" };
  const maildrop = await from.maildrops.open({ maildropId, view: WHOLE, holder });
  if (isFault(maildrop)) assert.fail(maildrop.fault);
  return maildrop;
}

/** Octets of the message as another session reads it. */
async function octetsOf(maildrop: OpenMaildrop, index: number): Promise<number> {
  const reader = await maildrop.read(messageNumberAt(index), "whole");
  assert.ok(!isFault(reader));
  let octets = 0;
  for (let window = await reader.next(); window !== undefined; window = await reader.next()) {
    assert.ok(!isFault(window));
    octets += window.length;
  }
  return octets;
}

/** Lets so many octets pass, then cuts. */
function cutAfter(octets: number): (chunk: Buffer) => Fate {
  let left = octets;
  return (chunk) => {
    if (chunk.length <= left) {
      left -= chunk.length;
      return "pass";
    }
    return { cutAfterOctets: left };
  };
}

const passAll = (): Fate => "pass";

function heal(): void {
  proxy.toPostgres = passAll;
  proxy.fromPostgres = passAll;
}

const isStorageDown = (outcome: Fault | undefined): boolean => outcome?.fault === "storage-down";

test("a removal whose request is cut at any octet removes all or nothing, and says so (P1)", async () => {
  let wasRemoved = false;
  for (let octets = 0; !wasRemoved; octets += 9) {
    const { maildropId } = await account();
    await deliver(direct, maildropId, 3);
    const maildrop = await open(storage, maildropId);
    await storage.health();
    proxy.toPostgres = cutAfter(octets);
    const outcome = await maildrop.remove([messageNumberAt(0), messageNumberAt(2)]);
    heal();
    const left = (await open(direct, maildropId)).listing.opened;
    wasRemoved = outcome === undefined;
    if (wasRemoved) assert.equal(left, 1);
    else assert.ok(isStorageDown(outcome) && (left === 3 || left === 1), `${octets} octets: ${left} left`);
    assert.ok(octets < 5000);
  }
});

test("when the answer to a removal is lost the session hears storage-down, and all of it is gone", async () => {
  const { maildropId } = await account();
  await deliver(direct, maildropId, 3);
  const maildrop = await open(storage, maildropId);
  proxy.fromPostgres = () => ({ cutAfterOctets: 0 });
  const outcome = await maildrop.remove([messageNumberAt(0), messageNumberAt(1)]);
  heal();
  assert.ok(isStorageDown(outcome));
  assert.equal((await open(direct, maildropId)).listing.opened, 1);
});

test("a delivery that is cut anywhere leaves whole messages or none (P5)", async () => {
  const { maildropId } = await account();
  const requestOctets = 2 * message.length + 3000;
  for (const side of ["toPostgres", "fromPostgres"] as const) {
    const octetsMax = side === "toPostgres" ? requestOctets : 900;
    for (let octets = 0; octets < octetsMax; octets += Math.ceil(octetsMax / 40)) {
      const before = (await open(direct, maildropId)).listing.opened;
      await storage.health();
      proxy[side] = cutAfter(octets);
      const outcomes = await deliver(storage, maildropId, 2);
      heal();
      const later = await open(direct, maildropId);
      const added = later.listing.opened - before;
      if (outcomes.every((outcome) => typeof outcome === "number")) assert.equal(added, 2);
      else assert.ok(outcomes.every(isDeliveryFault) && (added === 0 || added === 2), `${side} ${octets}`);
      for (let index = before; index < later.listing.opened; index += 1) {
        assert.equal(await octetsOf(later, index), message.length + 6);
      }
    }
  }
});

test("when the answer to the commit of a delivery is lost every copy is storage-down, and there", async () => {
  const { maildropId } = await account();
  await deliver(storage, maildropId);
  let isCommitting = false;
  proxy.toPostgres = (chunk) => {
    isCommitting ||= chunk.includes("\0commit\0");
    return "pass";
  };
  proxy.fromPostgres = () => (isCommitting ? { cutAfterOctets: 0 } : "pass");
  const outcomes = await deliver(storage, maildropId, 2);
  heal();
  assert.deepEqual(
    outcomes.map((outcome) => isDeliveryFault(outcome) && outcome.deliveryFault),
    ["storage-down", "storage-down"],
  );
  assert.equal((await open(direct, maildropId)).listing.opened, 3);
});

test("a message whose reading is cut ends in a fault, never as if it were whole", async () => {
  const { maildropId } = await account();
  await deliver(direct, maildropId);
  for (let octets = 0; octets < message.length; octets += 1500) {
    const maildrop = await open(storage, maildropId);
    await storage.health();
    proxy.fromPostgres = cutAfter(octets);
    const reader = await maildrop.read(messageNumberAt(0), "whole");
    heal();
    assert.ok(isFault(reader) && reader.fault === "storage-down", `${octets} octets`);
    assert.equal(await octetsOf(maildrop, 0), message.length + 6, "and it can be read again");
  }
});

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type OpenMaildrop, type View, WHOLE } from "@poplar/maildrop";
import { isFault, messageNumberAt } from "@poplar/protocol";
import { openStorage, type Storage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const database = await withPostgres({ after });
const openProcess = async (): Promise<Storage> =>
  openStorage({ connection: database.url, log: silentLog, events: deafEvents });
const here = await openProcess();
const elsewhere = await openProcess();
const processes = [here, elsewhere];
after(async () => Promise.all(processes.map((each) => each.close())));
await here.registry.addDomain("example.test");

let accounts = 0;

async function account(): Promise<number> {
  accounts += 1;
  const name = `login${accounts}@example.test`;
  const made = await here.registry.addLogin({ name, passwordVerifier: "v", quotaOctets: undefined });
  assert.ok("maildropId" in made);
  return made.maildropId;
}

async function open(storage: Storage, maildropId: number, view: View = WHOLE): Promise<OpenMaildrop> {
  const holder = { sessionId: "the-session", login: "the-login", address: "192.0.2.1" };
  const maildrop = await storage.maildrops.open({ maildropId, view, holder });
  if (isFault(maildrop)) assert.fail(maildrop.fault);
  return maildrop;
}

async function deliver(storage: Storage, maildropId: number, text: string, localPart = "x"): Promise<void> {
  const octets = Buffer.from(text);
  const outcomes = await storage.deliveries.deliver({
    reversePath: "",
    copies: [
      { resolved: { recipient: `${localPart}@example.test`, maildropId }, traceHeader: Buffer.alloc(0) },
    ],
    content: {
      octets: octets.length,
      headerWireOctets: 0,
      wireOctets: octets.length,
      *slices() {
        yield octets;
      },
    },
  });
  assert.equal(typeof outcomes[0], "number");
}

const uidsOf = ({ listing }: OpenMaildrop): number[] => [...listing.entries.uids];

/** Without a promise: what is not at hand is not read. */
async function textAtHand(maildrop: OpenMaildrop, number: number): Promise<string | undefined> {
  const reader = maildrop.read(messageNumberAt(number - 1), "whole");
  if (reader instanceof Promise) {
    await reader;
    return undefined;
  }
  assert.ok(!isFault(reader));
  const window = reader.next();
  assert.ok(window instanceof Uint8Array);
  assert.equal(reader.next(), undefined);
  return Buffer.from(window).toString();
}

test("a maildrop that has not changed is shown to the next session without being listed again", async () => {
  const maildropId = await account();
  for (const text of ["one\r\n", "two\r\n"]) await deliver(here, maildropId, text);
  const first = await open(here, maildropId);
  // Not as it is ever done: the counter of changes stands still.
  await database.query("delete from message where maildrop_id = $1 and uid = 1", [maildropId]);
  const second = await open(here, maildropId);
  assert.equal(second.listing.entries, first.listing.entries);
  first.listing.markDeleted(messageNumberAt(0));
  assert.deepEqual(second.listing.dropListing, { messages: 2, octets: 10 });
  assert.deepEqual(uidsOf(await open(elsewhere, maildropId)), [2]);
});

test("a listing is never older than the last delivery or removal, in whichever process", async () => {
  const maildropId = await account();
  const view: View = { kind: "local-part", localPart: "Mary" };
  let uids: number[] = [];
  for (let round = 1; round <= 12; round += 1) {
    const storage = round % 3 === 0 ? elsewhere : here;
    await deliver(storage, maildropId, `${round}\r\n`, round % 2 === 0 ? "mary" : "john");
    uids.push(round);
    if (round % 4 === 0) {
      const maildrop = await open(storage, maildropId);
      assert.equal(await maildrop.remove([messageNumberAt(0)]), undefined);
      uids = uids.slice(1);
    }
    for (const each of processes) {
      assert.deepEqual(uidsOf(await open(each, maildropId)), uids);
      assert.deepEqual(
        uidsOf(await open(each, maildropId, view)),
        uids.filter((uid) => uid % 2 === 0),
      );
    }
  }
});

test("a small message that was read is at hand for the next session, and its octets are those of the first", async () => {
  const maildropId = await account();
  const texts = Array.from({ length: 40 }, (_, index) => `${index} ${"x".repeat(997 * index)}\r\n`);
  for (const text of texts) await deliver(here, maildropId, text);
  const first = await open(here, maildropId);
  for (const number of texts.keys()) await first.read(messageNumberAt(number), "whole");
  const second = await open(here, maildropId);
  for (const [index, text] of texts.entries()) assert.equal(await textAtHand(second, index + 1), text);
  assert.equal(await textAtHand(await open(elsewhere, maildropId), 1), undefined);
});

test("of another life of Postgres nothing is taken for known: it may have lost what was committed (P4)", async () => {
  const maildropId = await account();
  await deliver(here, maildropId, "lost\r\n");
  const before = await open(here, maildropId);
  await before.read(messageNumberAt(0), "whole");
  assert.equal(await textAtHand(await open(here, maildropId), 1), "lost\r\n");
  // As if one delivery had been lost, and another had taken its place.
  await database.query("update server_life set life = gen_random_uuid()");
  await database.query("update body set octets = $2 where maildrop_id = $1", [
    maildropId,
    Buffer.from("found!\r\n"),
  ]);
  await database.query("update message set octets = 8 where maildrop_id = $1", [maildropId]);
  const maildrop = await open(here, maildropId);
  assert.equal(maildrop.listing.dropListing.octets, 8);
  assert.equal(await textAtHand(maildrop, 1), undefined);
  assert.equal(await textAtHand(maildrop, 1), "found!\r\n");
});

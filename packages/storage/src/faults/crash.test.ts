import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenMaildrop, WHOLE } from "@poplar/maildrop";
import { type Fault, isFault, messageNumberAt } from "@poplar/protocol";
import { until } from "@poplar/testkit";
import pg from "pg";
import { migrate } from "../migrate.ts";
import { openStorage, type Storage } from "../open-storage.ts";
import { deafEvents, silentLog, type TestScope, withEmbeddedPostgres } from "../testing.ts";

interface Venue {
  readonly url: string;
  readonly storage: Storage;
  readonly maildropId: number;
  readonly postmaster: number;
}

/** A Postgres to be killed, with three messages in a maildrop. */
async function venue(t: TestScope): Promise<Venue> {
  const postgres = await withEmbeddedPostgres(t);
  await migrate(postgres.url);
  const storage = await openStorage({ connection: postgres.url, log: silentLog, events: deafEvents });
  t.after(() => storage.close());
  await storage.registry.addDomain("example.test");
  const login = { name: "a@example.test", passwordVerifier: "v", quotaOctets: undefined };
  const added = await storage.registry.addLogin(login);
  assert.ok("maildropId" in added);
  const { maildropId } = added;
  const resolved = { recipient: "a@example.test", maildropId };
  const copies = [1, 2, 3].map((copy) => ({ resolved, traceHeader: Buffer.from(`X: ${copy}\r\n`) }));
  const content = { octets: 5, headerWireOctets: 5, wireOctets: 5, slices: () => [Buffer.from("abc\r\n")] };
  assert.deepEqual(await storage.deliveries.deliver({ reversePath: "", copies, content }), [1, 2, 3]);
  return { url: postgres.url, storage, maildropId, postmaster: postgres.pid() };
}

async function open({ storage, maildropId }: Venue): Promise<OpenMaildrop> {
  const holder = { sessionId: "s", login: "l", address: "192.0.2.1" };
  const maildrop = await storage.maildrops.open({ maildropId, view: WHOLE, holder });
  if (isFault(maildrop)) assert.fail(String("cause" in maildrop ? maildrop.cause : maildrop.fault));
  return maildrop;
}

/** A crash that is over quickly is not always noticed as an outage, so there is no event to wait for. */
const recovered = ({ storage }: Venue): Promise<void> =>
  until("Postgres is back", async () => (await storage.health()) === undefined);

const all = [0, 1, 2].map((index) => messageNumberAt(index));

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/**
 * Stops a removal in its middle, by holding the last of its messages, and kills a process then.
 *
 * @returns what the session was told.
 */
async function killInRemoval(
  { url, postmaster }: Venue,
  maildrop: OpenMaildrop,
  victim: "backend" | "postmaster",
): Promise<Fault | undefined> {
  const holder = await connect(url);
  // A view of what others do stands still within a transaction, so somebody else has to look.
  const onlooker = await connect(url);
  await holder.query("begin");
  await holder.query("select from message where uid = 3 for update");
  const outcome = maildrop.remove(all);
  let blocked: number | undefined;
  while (blocked === undefined) {
    const { rows } = await onlooker.query<{ pid: number }>(
      "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%remove_messages%'",
    );
    blocked = rows[0]?.pid;
  }
  // Postgres ends all others when one was killed: before, it would still answer.
  const isOver = new Promise<void>((resolve) => onlooker.once("end", resolve));
  process.kill(victim === "backend" ? blocked : postmaster, "SIGKILL");
  const told = await outcome;
  await isOver;
  for (const client of [holder, onlooker]) await client.end().catch(() => {});
  return told;
}

for (const victim of ["backend", "postmaster"] as const) {
  test(`the ${victim} is killed between deletion and commit: storage-down, and nothing is gone (P1)`, async (t) => {
    const scene = await venue(t);
    const maildrop = await open(scene);
    const outcome = await killInRemoval(scene, maildrop, victim);
    assert.equal(outcome?.fault, "storage-down");
    await recovered(scene);
    assert.equal((await open(scene)).listing.opened, 3);
  });

  test(`after the ${victim} was killed an earlier session may not delete (P3)`, async (t) => {
    const scene = await venue(t);
    const earlier = await open(scene);
    const killed = await open(scene);
    await killInRemoval(scene, killed, victim);
    await recovered(scene);
    // The later session's bump was not flushed, and may be lost: here it is, whatever the kernel kept.
    const client = await connect(scene.url);
    await client.query("update maildrop set epoch = 1");
    await client.end();
    const outcome = await earlier.remove(all);
    assert.equal(outcome?.fault, "storage-down");
    const later = await open(scene);
    assert.equal(later.listing.opened, 3);
    assert.equal(await later.remove(all), undefined);
  });
}

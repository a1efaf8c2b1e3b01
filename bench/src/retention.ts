import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { isRegistryFault, WHOLE } from "@poplar/maildrop";
import { openStorage, type Storage } from "@poplar/storage";
import {
  deafEvents,
  silentLog,
  type TestDatabase,
  type TestScope,
  withPostgres,
} from "@poplar/storage/testing";

const { values } = parseArgs({
  options: {
    maildrops: { type: "string", default: "1000" },
    messages: { type: "string", default: "100" },
    help: { type: "boolean", default: false },
  },
});

/** As the servers sweep: see `packages/assembly/src/mail-keeping.ts`. */
const STEP = { messagesMax: 250, loginsMax: 100 };

const retentionDays = 30;

interface Task {
  readonly maildrops: number;
  /** In each maildrop; every other one has been there too long. */
  readonly messages: number;
}

if (values.help) {
  console.log(`npm run bench:retention -- [--maildrops 1000] [--messages 100]

Removes the older half of so many messages in each of so many maildrops, as the sweep of a server does, on a
Postgres of its own (or POPLAR_TEST_POSTGRES_URL): time, rate, how long a step holds what it locks, how long a
client that opens one of the maildrops meanwhile has to wait, and whether the right messages are gone. Then
one message is deleted, hidden, and brought back. Fails when anything of that is not so.`);
} else {
  await main({ maildrops: Number(values.maildrops), messages: Number(values.messages) });
}

async function main(task: Task): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const scope: TestScope = { after: (done) => opened.defer(async () => done()) };
  const database = await withPostgres(scope);
  const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents });
  opened.defer(() => storage.close());
  await fill(database, task);
  const total = task.maildrops * task.messages;
  console.log(
    `${total} messages in ${task.maildrops} maildrops, every other one older than ${retentionDays} days`,
  );
  const waits: number[] = [];
  const stop = new AbortController();
  const clients = openMaildrops(storage, task, { waits, signal: stop.signal });
  const steps = await sweep(storage);
  stop.abort();
  await clients;
  report(steps, waits);
  await check(database, task);
  await undo(storage);
}

/** Mail as delivery would have left it, but for its age. */
async function fill(database: TestDatabase, { maildrops, messages }: Task): Promise<void> {
  const statements = [
    "insert into domain (name) values ('example.test')",
    `insert into maildrop (name, unique_id_prefix, messages, octets, next_uid)
      select 'u' || n || '@example.test', 'p' || n, ${messages}, ${messages} * 2004, ${messages} + 1
      from generate_series(1, ${maildrops}) n`,
    `insert into login (domain_id, name, maildrop_id, retention_days, has_policy)
      select domain_id, m.name, maildrop_id, ${retentionDays}, true from maildrop m, domain`,
    `insert into message (maildrop_id, uid, octets, header_wire_octets, wire_octets, received_at, reverse_path,
        recipient, local_part, body_id)
      select maildrop_id, n, 2004, 4, 2004, now() - case n % 2 when 0 then interval '31 days' else interval '29 days' end,
        'a@b.test', name, split_part(name, '@', 1), n from maildrop, generate_series(1, ${messages}) n`,
    `insert into body (maildrop_id, body_id, seq, is_last, octets)
      select maildrop_id, n, 0, true, convert_to(E'\\r\\n' || repeat('x', 2000) || E'\\r\\n', 'UTF8')
      from maildrop, generate_series(1, ${messages}) n`,
    "analyze",
  ];
  for (const statement of statements) await database.query(statement);
}

async function sweep({ keeper }: Storage): Promise<readonly { messages: number; ms: number }[]> {
  const steps: { messages: number; ms: number }[] = [];
  for (let next: number | undefined = 0; next !== undefined; ) {
    const startedAt = performance.now();
    const swept: Awaited<ReturnType<typeof keeper.expire>> = await keeper.expire(next, STEP);
    if (swept === undefined || isRegistryFault(swept)) throw new Error("the sweep was broken off");
    steps.push({ messages: swept.messages, ms: performance.now() - startedAt });
    next = swept.next;
  }
  return steps;
}

/** Clients log in all the time: nobody shall notice that old mail is removed. */
async function openMaildrops(
  { maildrops }: Storage,
  task: Task,
  { waits, signal }: { readonly waits: number[]; readonly signal: AbortSignal },
): Promise<void> {
  for (let number = 0; !signal.aborted; number = (number + 97) % task.maildrops) {
    const startedAt = performance.now();
    const holder = { sessionId: randomUUID(), login: "bench", address: "127.0.0.1" };
    const opened = await maildrops.open({ maildropId: 1 + number, view: WHOLE, holder });
    if ("fault" in opened) throw new Error(`a maildrop did not open: ${opened.fault}`);
    opened.close();
    waits.push(performance.now() - startedAt);
  }
}

function report(steps: readonly { messages: number; ms: number }[], waits: readonly number[]): void {
  const messages = steps.reduce((sum, step) => sum + step.messages, 0);
  const ms = steps.reduce((sum, step) => sum + step.ms, 0);
  const perSecond = Math.round(messages / (ms / 1000));
  console.log(`removed     ${messages} in ${(ms / 1000).toFixed(1)} s: ${perSecond} messages a second`);
  console.log(
    `a step      ${spread(steps.map((step) => step.ms))}, ${steps.length} steps; no lock outlives one`,
  );
  console.log(`an opening  ${spread(waits)}, ${waits.length} openings meanwhile`);
}

function spread(ms: readonly number[]): string {
  const sorted = ms.toSorted((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${at(0.5)} ms (median), ${at(0.99)} ms (99%), ${at(1)} ms (longest)`;
}

async function check(database: TestDatabase, { maildrops, messages }: Task): Promise<void> {
  const [row] = await database.query(`select
    (select count(*) from message)::int as kept,
    (select count(*) from message where received_at < now() - interval '30 days')::int as old,
    (select count(*) from tombstone)::int as buried,
    (select count(*) from body)::int as bodies,
    (select count(*) from audit where action = 'expire-messages')::int as audited,
    (select count(*) from maildrop d where d.messages <> (select count(*) from message m
      where m.maildrop_id = d.maildrop_id))::int as miscounted`);
  const removed = maildrops * Math.floor(messages / 2);
  const kept = maildrops * messages - removed;
  const wanted = { kept, old: 0, buried: removed, bodies: kept, miscounted: 0 };
  for (const [what, count] of Object.entries(wanted)) {
    if (row?.[what] !== count) throw new Error(`${what}: ${String(row?.[what])} in place of ${count}`);
  }
  if (Number(row?.["audited"]) < maildrops) throw new Error("a login is missing in the audit");
  console.log(
    `right ones  ${removed} tombstones, ${kept} messages kept, with their bodies; each login audited`,
  );
}

async function undo({ maildrops, keeper }: Storage): Promise<void> {
  const holder = { sessionId: randomUUID(), login: "u1@example.test", address: "127.0.0.1" };
  const open = async () => {
    const opened = await maildrops.open({ maildropId: 1, view: WHOLE, holder });
    if ("fault" in opened) throw new Error(opened.fault);
    return opened;
  };
  const before = await open();
  const [number] = before.listing.present();
  if (number === undefined) throw new Error("no message is left");
  const uniqueId = before.listing.uniqueIdOf(number);
  await before.remove([number], 7);
  const restored = await keeper.restore("u1@example.test", [uniqueId]);
  const after = (await open()).listing;
  if (restored !== 1 || after.uniqueIdOf(number) !== uniqueId) throw new Error("undo did not bring it back");
  console.log(`undo        ${uniqueId} is back under its old unique-id`);
}

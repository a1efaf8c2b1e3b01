import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../limits.ts";
import { Link } from "../link.ts";
import { StorageError } from "../storage-error.ts";
import { deafEvents, silentLog, type TestScope, withPostgres } from "../testing.ts";
import { ExclusiveLanes } from "./exclusive-lanes.ts";
import type { Statement } from "./frontend-message.ts";
import type { Lane } from "./lane.ts";
import {
  booleanAt,
  byteaArray,
  isNull,
  numberAt,
  octetsAt,
  type Row,
  textArray,
  textAt,
  type Value,
} from "./value.ts";

const { url } = await withPostgres({ after });
const link = new Link({ connection: url, limits: defaultLimits, log: silentLog, events: deafEvents });
after(() => link.close());

async function open(t: TestScope): Promise<Lane> {
  const lane = await link.connect(2000);
  t.after(() => lane.close());
  return lane;
}

/** A statement named after its text. */
const statement = (text: string): Statement => ({ name: `test ${text}`, text });

const one = async (lane: Lane, text: string, values: readonly Value[] = []): Promise<Row> => {
  const [row] = await lane.run(statement(text), values);
  assert.ok(row !== undefined);
  return row;
};

const failsWith = (sqlState: string) => (error: unknown) =>
  error instanceof StorageError && error.code === "refused" && error.sqlState === sqlState;

test("octets travel unchanged, in both directions", async (t) => {
  const lane = await open(t);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (octets) => {
      const row = await one(lane, "select $1::bytea, length($1::bytea)", [octets]);
      assert.deepEqual(Buffer.from(octetsAt(row, 0)), Buffer.from(octets));
      assert.equal(numberAt(row, 1), octets.length);
    }),
  );
});

test("values of each type travel unchanged", async (t) => {
  const lane = await open(t);
  const row = await one(lane, "select $1::text, $2::integer, $3::bigint, $4::boolean, $5::text, $6::bigint", [
    "é\u{1f4ee}",
    -(2 ** 31),
    2 ** 52,
    true,
    null,
    -5,
  ]);
  assert.equal(textAt(row, 0), "é\u{1f4ee}");
  assert.deepEqual([numberAt(row, 1), numberAt(row, 2), numberAt(row, 5)], [-(2 ** 31), 2 ** 52, -5]);
  assert.ok(booleanAt(row, 3) && isNull(row, 4));
});

test("arrays of numbers, texts and octets travel unchanged, empty ones too", async (t) => {
  const lane = await open(t);
  const texts = fc.array(fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "")));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer()),
      texts,
      fc.array(fc.uint8Array()),
      async (numbers, words, chunks) => {
        const values = [numbers, textArray(words), byteaArray(chunks)];
        const rows = await lane.run(
          statement(`select n, t, b from unnest($1::bigint[]) with ordinality n(n, i)
          full join unnest($2::text[]) with ordinality t(t, i) using (i)
          full join unnest($3::bytea[]) with ordinality b(b, i) using (i) order by i`),
          values,
        );
        const column = <T>(index: number, read: (row: Row, column: number) => T): T[] =>
          rows.filter((row) => !isNull(row, index)).map((row) => read(row, index));
        assert.deepEqual(column(0, numberAt), numbers);
        assert.deepEqual(
          column(1, textAt),
          words.map((word) => word.toWellFormed()),
        );
        assert.deepEqual(
          column(2, octetsAt).map((octets) => Uint8Array.from(octets)),
          chunks,
        );
      },
    ),
    { numRuns: 30 },
  );
});

test("statements sent together are answered each with its own rows", async (t) => {
  const lane = await open(t);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => one(lane, "select $1::integer", [index])),
  );
  assert.deepEqual(
    answers.map((row) => numberAt(row, 0)),
    Array.from(answers, (_, index) => index),
  );
});

test("a statement that fails fails alone", async (t) => {
  const lane = await open(t);
  const divide = "select 10 / $1::integer";
  const [before, failed, later] = await Promise.allSettled([2, 0, 5].map((by) => one(lane, divide, [by])));
  assert.ok(before?.status === "fulfilled" && later?.status === "fulfilled");
  assert.equal(numberAt(later.value, 0), 2);
  assert.ok(failed?.status === "rejected" && failsWith("22012")(failed.reason));
  assert.equal(numberAt(await one(lane, divide, [1]), 0), 10);
});

test("a statement that Postgres cannot parse ends the lane: its name is not left half known", async (t) => {
  const lane = await open(t);
  await assert.rejects(lane.run(statement("selec 1"), []), failsWith("42601"));
  assert.equal(lane.isOpen, false);
});

test("large answers arrive whole", async (t) => {
  const lane = await open(t);
  const row = await one(lane, "select convert_to(repeat('0123456789', 1000000), 'UTF8')");
  assert.ok(Buffer.from(octetsAt(row, 0)).equals(Buffer.alloc(10_000_000, "0123456789")));
});

test("slices of earlier answers stay as they are while others arrive", async (t) => {
  const lane = await open(t);
  const text =
    "select decode(repeat(lpad(to_hex($1::integer), 2, '0'), 8000), 'hex') from generate_series(1, 40)";
  const answers = await Promise.all([1, 2, 3, 4].map((octet) => lane.run(statement(text), [octet])));
  for (const [index, rows] of answers.entries()) {
    for (const row of rows) assert.ok(Buffer.from(octetsAt(row, 0)).equals(Buffer.alloc(8000, index + 1)));
  }
});

test("a statement over its time is cut by Postgres and the lane goes on", async (t) => {
  const lane = await link.connect(50);
  t.after(() => lane.close());
  await assert.rejects(lane.run(statement("select pg_sleep(10)"), []), failsWith("57014"));
  assert.equal(numberAt(await one(lane, "select 1"), 0), 1);
});

test("what waits for an answer fails when the backend is terminated, with Postgres's reason", async (t) => {
  const [lane, other] = [await open(t), await open(t)];
  const pid = numberAt(await one(lane, "select pg_backend_pid()"), 0);
  const waiting = lane.run(statement("select pg_sleep(2)"), []);
  const behind = lane.run(statement("select 1"), []);
  const failures = Promise.allSettled([waiting, behind]);
  await one(other, "select pg_terminate_backend($1::integer)", [pid]);
  for (const failure of await failures) {
    assert.ok(failure.status === "rejected" && failure.reason instanceof StorageError);
    assert.equal(failure.reason.code, "unreachable");
  }
  assert.equal(lane.isOpen, false);
  await assert.rejects(lane.run(statement("select 1"), []), StorageError);
});

test("a transaction that rejects leaves nothing behind, and its lane is used again", async (t) => {
  let opened = 0;
  const lanes = new ExclusiveLanes({
    lanes: 1,
    waitingMax: 10,
    waitMsMax: 1000,
    open: async () => {
      opened += 1;
      return link.connect(2000);
    },
  });
  t.after(() => lanes.close());
  await lanes.run(statement("create table left_behind (it integer)"), []);
  const insert = statement("insert into left_behind values (1)");
  const failing = lanes.transact(async (lane) => {
    await lane.run(insert, []);
    throw new Error("changed its mind");
  });
  await assert.rejects(failing, /changed its mind/);
  await lanes.transact(async (lane) => lane.run(insert, []));
  const [row] = await lanes.run(statement("select count(*) from left_behind"), []);
  assert.ok(row !== undefined);
  assert.equal(numberAt(row, 0), 1);
  assert.equal(opened, 1);
});

test("whoever waits too long for an exclusive lane is refused", async (t) => {
  const lanes = new ExclusiveLanes({
    lanes: 1,
    waitingMax: 1,
    waitMsMax: 50,
    open: async () => link.connect(2000),
  });
  t.after(() => lanes.close());
  const { promise, resolve } = Promise.withResolvers<void>();
  const holding = lanes.transact(async () => promise);
  const patient = lanes.run(statement("select 1"), []);
  const isBusy = (error: unknown): boolean => error instanceof StorageError && error.code === "busy";
  await assert.rejects(lanes.run(statement("select 1"), []), isBusy, "one waits already");
  await assert.rejects(patient, isBusy);
  resolve();
  await holding;
  await lanes.run(statement("select 1"), []);
});

test("a server that only reads is not the one that was meant: the statement fails, and the connection ends", async (t) => {
  const lane = await open(t);
  await lane.run(statement("set default_transaction_read_only = on"), []);
  await assert.rejects(
    lane.run(statement("create table written (number integer)"), []),
    (error: unknown) =>
      error instanceof StorageError && error.code === "unreachable" && error.sqlState === "25006",
  );
  assert.equal(lane.isOpen, false);
});

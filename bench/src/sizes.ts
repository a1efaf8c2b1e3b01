import { parseArgs } from "node:util";
import { LmtpClient } from "./lmtp-client.ts";
import { messageOf } from "./mail-seed.ts";
import { markdownTable } from "./markdown.ts";
import { PopClient } from "./pop-client.ts";
import type { PoplarDatabase } from "./poplar-database.ts";
import { type PoplarUnderTest, startPoplar } from "./poplar-under-test.ts";

const { values } = parseArgs({ options: { help: { type: "boolean", default: false } } });

const help = `npm run bench:sizes

What a message, a tombstone and a maildrop take on the disk of Postgres, and what a delivery writes to the
log: sizes, which are the same on a busy machine. A minute or two. The figures of docs/operating/capacity.md.`;

/** Messages of one size, in one maildrop each; the last ones are deleted in the end. */
const mails = [
  { octets: 1_000_000, messages: 100 },
  { octets: 75_000, messages: 1000 },
  { octets: 20_000, messages: 3000 },
  { octets: 4096, messages: 10_000 },
  { octets: 1024, messages: 10_000 },
];

const maildrops = 100_000;

/** Messages that come in one by one. */
const deliveries = 2000;

async function main(): Promise<void> {
  await using server = await startPoplar({ logins: mails.length + 1, keyKind: "ec" });
  const { database } = server;
  const head = ["octets", "tables", "of these indexes", "more than the message"];
  const lines = [];
  for (const [index, mail] of mails.entries()) lines.push(await messageSizes(database, index + 1, mail));
  lines.reverse();
  console.log(`${markdownTable(head, lines)}\n`);
  await showTombstones(server);
  await showDeliveries(server);
  await showMaildrops(database);
}

/** What tables take, in octets, of that their indexes, and rows. */
interface Sizes {
  readonly whole: number;
  readonly indexes: number;
}

async function sizesOf(database: PoplarDatabase, tables: readonly string[]): Promise<Sizes> {
  const [row] = await database.query(
    `select sum(pg_total_relation_size(name::regclass)) as whole, sum(pg_indexes_size(name::regclass)) as indexes
      from unnest($1::text[]) name`,
    [tables],
  );
  return { whole: Number(row?.["whole"]), indexes: Number(row?.["indexes"]) };
}

async function messageSizes(
  database: PoplarDatabase,
  login: number,
  mail: { readonly octets: number; readonly messages: number },
): Promise<readonly string[]> {
  await database.query("truncate message, body");
  await database.putMail({ firstLogin: login, logins: 1, ...mail });
  const { whole, indexes } = await sizesOf(database, ["message", "body"]);
  const octets = messageOf(1, mail.octets).length;
  const each = whole / mail.messages;
  return [String(octets), each.toFixed(0), (indexes / mail.messages).toFixed(0), (each - octets).toFixed(0)];
}

/** Every message of a maildrop is deleted by a client. */
async function showTombstones(server: PoplarUnderTest): Promise<void> {
  const last = mails.at(-1);
  if (last === undefined) return;
  const before = await walOf(server.database);
  const client = await PopClient.logIn(server, mails.length, false);
  const numbers = Array.from({ length: last.messages }, (_, index) => index + 1);
  const send = numbers.map((number) => `DELE ${number}\r\n`).join("");
  await client.say({ send, answers: last.messages, isMultiLine: false });
  await client.quit();
  const log = (await walOf(server.database)) - before;
  const { whole, indexes } = await sizesOf(server.database, ["tombstone"]);
  const of = (octets: number): string => (octets / last.messages).toFixed(0);
  console.log(
    `tombstone: ${of(whole)} octets, of these index ${of(indexes)}; log for a deletion: ${of(log)}`,
  );
}

async function walOf(database: PoplarDatabase): Promise<number> {
  const [row] = await database.query("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as octets");
  return Number(row?.["octets"]);
}

/** Right after a checkpoint, when pages are logged whole at their first change, and then again. */
async function showDeliveries(server: PoplarUnderTest): Promise<void> {
  const content = messageOf(1, 4096);
  const lmtp = await LmtpClient.open(server.lmtpPort);
  await server.database.query("checkpoint");
  for (const when of ["after a checkpoint", "later"]) {
    const before = await walOf(server.database);
    for (let count = 0; count < deliveries; count += 1) {
      await lmtp.deliver([server.recipientOf(mails.length + 1)], content);
    }
    const octets = ((await walOf(server.database)) - before) / deliveries;
    console.log(`log for a delivery of ${content.length} octets, ${when}: ${octets.toFixed(0)} octets`);
  }
  await lmtp.quit();
}

async function showMaildrops(database: PoplarDatabase): Promise<void> {
  const tables = ["maildrop", "login", "address", "credential"];
  const before = await sizesOf(database, tables);
  await database.addMaildrops(maildrops);
  const after = await sizesOf(database, tables);
  const whole = after.whole - before.whole;
  const indexes = after.indexes - before.indexes;
  const of = (octets: number): string => (octets / maildrops).toFixed(0);
  console.log(`maildrop with login and address: ${of(whole)} octets, of these indexes ${of(indexes)}`);
}

if (values.help) console.log(help);
else await main();

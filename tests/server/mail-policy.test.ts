import assert from "node:assert/strict";
import { test } from "node:test";
import type { FetchedMarks, MailPolicy, UidRange } from "@poplar/maildrop";
import { Lab, type LabOptions } from "./lab.ts";
import type { LabClient } from "./lab-client.ts";

const BOUNDS = { retentionDaysMin: undefined, loginDelaySecondsMax: 0 };

async function startLab(policy: MailPolicy, options: LabOptions = {}): Promise<Lab> {
  const lab = await Lab.start({ policyBounds: BOUNDS, ...options });
  lab.authenticator.policy = policy;
  lab.store.deliver("Subject: a\n\none\n", "Subject: b\n\ntwo\n", "Subject: c\n\nthree\n");
  return lab;
}

async function session(lab: Lab, ...commands: readonly string[]): Promise<LabClient> {
  const client = await lab.connect();
  await client.logIn();
  for (const command of commands) {
    await client.ask(command);
    if (/^(?:RETR|TOP)/.test(command)) await client.lines();
  }
  return client;
}

const uidsIn = ({ store }: Lab): readonly number[] => store.messages.map(({ uid }) => uid);

test("what is retrieved whole is gone after QUIT, and CAPA says EXPIRE 0 (RFC 2449 §6.7)", async () => {
  await using lab = await startLab({ removesRetrieved: true });
  const client = await session(lab, "RETR 1", "TOP 2 9", "RETR 3", "DELE 3");
  await client.ask("CAPA");
  assert.match(await client.lines(), /^EXPIRE 0\r$/m);
  assert.deepEqual(uidsIn(lab), [1, 2, 3]);
  assert.match(await client.ask("QUIT"), /^\+OK/);
  assert.deepEqual(uidsIn(lab), [2]);
});

test("without QUIT nothing that was retrieved goes (P2, RFC 1939 §6)", async () => {
  await using lab = await startLab({ removesRetrieved: true });
  const client = await session(lab, "RETR 1", "DELE 2");
  client.socket.destroy();
  while (await lab.isHeld()) await new Promise(setImmediate);
  assert.deepEqual(uidsIn(lab), [1, 2, 3]);
});

test("a QUIT that is refused has removed nothing, retrieved or not (P1)", async () => {
  await using lab = await startLab({ removesRetrieved: true });
  lab.store.beforeRemove = () => ({ fault: "storage-down", cause: "on purpose" });
  const client = await session(lab, "RETR 1");
  assert.match(await client.ask("QUIT"), /^-ERR \[SYS\/TEMP\]/);
  assert.deepEqual(uidsIn(lab), [1, 2, 3]);
});

test("where deleting is ignored, what was retrieved goes all the same: it is the operator's will", async () => {
  await using lab = await startLab({ removesRetrieved: true, deletion: { way: "ignore" } });
  const client = await session(lab, "RETR 1", "DELE 2");
  await client.ask("QUIT");
  assert.deepEqual(uidsIn(lab), [2, 3]);
});

/** Marks in memory, of one maildrop. */
function memoryMarks(): FetchedMarks & { readonly added: number[] } {
  const added: number[] = [];
  return {
    added,
    read: async () => added.toSorted((a, b) => a - b).map((uid): UidRange => [uid, uid + 1]),
    add: async (_fetcher, uids) => {
      added.push(...uids);
      return undefined;
    },
  };
}

test("a program that sees what it has not fetched sees each message until a QUIT follows its RETR", async () => {
  const fetched = memoryMarks();
  await using lab = await startLab({ sees: { unfetched: true } }, { fetched });
  const lost = await session(lab, "RETR 1");
  lost.socket.destroy();
  while (await lab.isHeld()) await new Promise(setImmediate);
  assert.deepEqual(fetched.added, []);
  const client = await session(lab, "RETR 2", "TOP 1 5");
  await client.ask("QUIT");
  assert.deepEqual(fetched.added, [2]);
  const next = await session(lab);
  assert.match(await next.ask("STAT"), /^\+OK 2 /);
  assert.match(await next.ask("UIDL 2"), / lab\.3$/);
  assert.match(await next.ask("RETR 2"), /^\+OK/);
  assert.match(await next.lines(), /^Subject: c\r\n/);
  await next.ask("DELE 2");
  await next.ask("QUIT");
  assert.deepEqual(uidsIn(lab), [1, 2]);
});

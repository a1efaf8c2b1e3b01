import assert from "node:assert/strict";
import { test } from "node:test";
import type { BulletinBoards } from "@poplar/maildrop";
import { until } from "@poplar/testkit";
import { deferred, Lab } from "./lab.ts";
import { labMarks } from "./lab-boards.ts";
import { LabStore } from "./lab-store.ts";

// What can go wrong around LAST and XTND, on real sockets.

const BOARD = { name: "news", address: "news@example.test", hasArchive: false };

/** One board that is opened when a test lets it. */
function heldBoard(): { store: LabStore; isAsked: ReturnType<typeof deferred>; boards: BulletinBoards } {
  const store = new LabStore();
  store.deliver("news\r\n");
  const isAsked = deferred();
  const open: BulletinBoards["open"] = async () => {
    isAsked.resolve();
    return store.open();
  };
  return { store, isAsked, boards: { boards: [BOARD], open } };
}

test("a client that is gone while a board is being opened has deleted nothing (P2)", async () => {
  const { store, isAsked, boards } = heldBoard();
  const isReady = deferred();
  store.beforeOpen = () => isReady.promise;
  await using lab = await Lab.start({ boards });
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  await client.logIn();
  await client.ask("DELE 1");
  client.send("XTND BBOARDS news\r\n");
  await isAsked.promise;
  client.socket.resetAndDestroy();
  await until("the lease is given back", async () => !(await lab.isHeld()));
  isReady.resolve();
  await lab.heard.summary();
  assert.equal(lab.store.messages.length, 1);
  assert.equal(store.opened, store.closed);
});

test("a board is closed however its session ends, and the maildrop's lease is free before (RFC 1082)", async () => {
  for (const end of ["QUIT", "lost"]) {
    const { store, boards } = heldBoard();
    await using lab = await Lab.start({ boards });
    lab.store.deliver("one\r\n");
    const client = await lab.connect();
    await client.logIn();
    await client.ask("DELE 1");
    assert.match(await client.ask("XTND BBOARDS news"), /^\+OK/);
    await client.lines();
    assert.ok(!(await lab.isHeld()));
    assert.equal(lab.store.messages.length, 0);
    assert.match(await client.ask("RETR 1"), /^\+OK/);
    if (end === "QUIT") client.send("QUIT\r\n");
    else client.socket.destroy();
    assert.equal((await lab.heard.summary()).messagesDeleted, 1);
    assert.equal(store.opened, store.closed);
  }
});

test("what LAST knows is written once, at QUIT, and only when it is new (RFC 1460 §5)", async () => {
  const marks = labMarks();
  let writes = 0;
  const counted = {
    ...marks,
    write: (login: string, uid: number) => marks.write(login, (writes += 1) && uid),
  };
  await using lab = await Lab.start({ marks: counted });
  lab.store.deliver("one\r\n", "two\r\n");
  for (const [retrieved, written] of [
    [[2, 1], 1],
    [[1], 1],
    [[], 1],
  ] as const) {
    const client = await lab.connect();
    await client.logIn();
    for (const number of retrieved) {
      await client.ask(`RETR ${number}`);
      await client.lines();
    }
    await client.ask("QUIT");
    assert.equal(writes, written);
  }
  assert.deepEqual([...marks.uids.values()], [2]);
});

test("QUIT deletes and says so though LAST could not be written; a login is refused where it cannot be read", async () => {
  const down = { fault: "storage-down", cause: new Error("on purpose") } as const;
  const marks = labMarks();
  let isReadable = true;
  await using lab = await Lab.start({
    marks: { read: async (login) => (isReadable ? marks.read(login) : down), write: async () => down },
  });
  lab.store.deliver("one\r\n");
  const client = await lab.connect();
  await client.logIn();
  await client.ask("RETR 1");
  await client.lines();
  await client.ask("DELE 1");
  assert.match(await client.ask("QUIT"), /^\+OK/);
  assert.equal(lab.store.messages.length, 0);
  isReadable = false;
  const refused = await lab.connect();
  await assert.rejects(refused.logIn(), /-ERR \[SYS\/TEMP\]/);
  assert.ok(!(await lab.isHeld()));
});

import assert from "node:assert/strict";
import { chmod, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isRefusal } from "./refusal.ts";
import { openSpool, type Spool, type SpoolOptions } from "./spool.ts";
import { SpooledMessage } from "./spooled-message.ts";
import { temporaryDirectory } from "./test-fixture.ts";

async function opened(t: TestContext, options: Omit<SpoolOptions, "directory"> = {}): Promise<Spool> {
  return openSpool({ directory: join(await temporaryDirectory(t), "deep", "spool"), ...options });
}

async function filled(spool: Spool, octets: number): Promise<SpooledMessage> {
  const message = new SpooledMessage(spool);
  for (let left = octets; left > 0; left -= 7) {
    const fault = await message.append(Buffer.from("line.\r\n"));
    assert.equal(fault, undefined);
  }
  return message;
}

async function textOf(message: SpooledMessage): Promise<string> {
  const content = await message.finish();
  assert.ok(!isRefusal(content));
  const readings: string[] = [];
  for (const reading of [content.slices(), content.slices()]) {
    const slices: Uint8Array[] = [];
    for await (const slice of reading) slices.push(slice);
    readings.push(Buffer.concat(slices).toString("latin1"));
  }
  assert.equal(readings[0], readings[1], "each reading is the same");
  return readings[0] ?? "";
}

test("a small message stays in memory, a large one takes the disk and gives it back", async (t) => {
  const spool = await opened(t, { memoryOctetsMax: 1000 });
  await using small = await filled(spool, 994);
  assert.equal(await textOf(small), "line.\r\n".repeat(142));
  assert.equal(spool.diskOctets, 0);

  const large = await filled(spool, 70_000);
  assert.equal(await textOf(large), "line.\r\n".repeat(10_000));
  assert.equal(spool.diskOctets, 70_000);
  await large[Symbol.asyncDispose]();
  assert.equal(spool.diskOctets, 0);
});

test("a message on the disk has no name there, so nothing is left after a crash", async (t) => {
  const directory = await temporaryDirectory(t);
  const spool = await openSpool({ directory, memoryOctetsMax: 10 });
  await using message = await filled(spool, 7000);
  assert.equal((await textOf(message)).length, 7000);
  assert.deepEqual(await readdir(directory), []);
});

test("what a crash left between two system calls is cleared away, and nothing else", async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, "0b5e.poplar-spool"), "left");
  await writeFile(join(directory, "README"), "not ours");
  await openSpool({ directory });
  assert.deepEqual(await readdir(directory), ["README"]);
});

test("a spool that has to be made is for its owner only", async (t) => {
  const directory = join(await temporaryDirectory(t), "spool");
  await openSpool({ directory });
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test("all messages together take no more disk than the limit", async (t) => {
  const spool = await opened(t, { memoryOctetsMax: 1000, diskOctetsMax: 5000 });
  await using first = await filled(spool, 4000);
  await using second = new SpooledMessage(spool);
  assert.deepEqual(await second.append(Buffer.alloc(4000, "x")), { reason: "spool-full" });
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await using third = await filled(spool, 4000);
  assert.equal((await textOf(third)).length, 4004);
});

test("a disk that fails is a refusal with its cause, and room is given back", async (t) => {
  const directory = await temporaryDirectory(t);
  const spool = await openSpool({ directory, memoryOctetsMax: 10 });
  await rm(directory, { recursive: true });
  {
    await using message = new SpooledMessage(spool);
    const refusal = await message.append(Buffer.from("more than ten octets"));
    assert.equal(refusal?.reason, "spool-failed");
    assert.match(String(refusal.cause), /ENOENT/);
  }
  assert.equal(spool.diskOctets, 0);
});

test("a directory that cannot be made is an error at once", async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, "file"), "");
  await assert.rejects(openSpool({ directory: join(directory, "file", "spool") }), { code: "ENOTDIR" });
  await chmod(directory, 0o700);
});

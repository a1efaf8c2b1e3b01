import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { clusterPaths, complaintOf, socketFolder } from "./cluster.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

test("a socket whose folder does not lie in the data folder gets one of its own, and says nothing of the password", async (t) => {
  const top = await mkdtemp(join(tmpdir(), "poplar-cluster-"));
  t.after(() => rm(top, { recursive: true }));
  const dataDir = join(top, "d".repeat(100));
  await mkdir(dataDir);
  const paths = clusterPaths(dataDir);
  const password = "topSecretPasswordOfPostgres";
  await writeFile(paths.password, password);

  const folder = await socketFolder(paths, undefined);
  t.after(() => rm(folder, { recursive: true, force: true }));
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  for (let at = 0; at + 4 <= password.length; at += 1)
    assert.ok(!folder.includes(password.slice(at, at + 4)));
  assert.equal(await socketFolder(paths, undefined), folder, "the same the next time");

  // Somebody was faster.
  await rm(folder, { recursive: true });
  await symlink(top, folder);
  await assert.rejects(socketFolder(paths, undefined), EmbeddedPostgresError);
});

test("of what a program says, its first complaint is told, not what it cleans up afterwards", () => {
  const full =
    "running bootstrap script ... 2026-12-01 FATAL:  could not write to file: No space left on device\n" +
    "2026-12-01 PANIC:  cannot abort transaction 1\ninitdb: removing data directory\n";
  assert.match(complaintOf(full), /No space left on device$/);
  assert.equal(complaintOf("first\nlast\n"), "last");
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { withPostgres } from "@poplar/storage/testing";
import { freePort, until } from "@poplar/testkit";
import { scriptOfApp, startFleetApp } from "../fixtures/fleet-app.ts";
import { LabClient } from "../server/lab-client.ts";

function poplar(dataDir: string, words: readonly string[], input = ""): Promise<string> {
  const flags = ["--conditions=@poplar/source", scriptOfApp("cli"), "--data-dir", dataDir, ...words];
  return new Promise((settle) => {
    const child = execFile(process.execPath, flags, (_err, out, errors) => settle(out + errors));
    child.stdin?.end(input);
  });
}

test("the command line runs a fleet by the API of a process that serves no clients", async (t) => {
  const redis = await withRedis(t);
  const postgres = await withPostgres(t);
  const engines = [`--postgres-url=${postgres.url}`, `--redis-url=${redis.url}`];
  const port = await freePort();
  const { dataDir } = await startFleetApp(t, "api", engines);
  await startFleetApp(t, "pop3", [...engines, `--pop3-port=${port}`, "--allow-plaintext-login"]);
  await poplar(dataDir, ["domain", "add", "example.test"]);
  const added = await poplar(
    dataDir,
    ["login", "add", "alice@example.test", "--password-stdin"],
    "a secret\n",
  );
  assert.match(added, /Added the login/);

  using client = await LabClient.connect(port);
  await client.line();
  await client.logIn("alice@example.test", "a secret");
  await until("the session is known", async () =>
    /alice@example\.test/.test(await poplar(dataDir, ["sessions", "list"])),
  );
  assert.match(
    await poplar(dataDir, ["lease", "show", "alice@example.test"]),
    /alice@example\.test +everything/,
  );
  assert.match(await poplar(dataDir, ["lease", "break", "alice@example.test"]), /Ended 1 of its sessions/);
  assert.match(await client.line(), /^-ERR \[SYS\/TEMP\]/);
  assert.match(await poplar(dataDir, ["lease", "show", "alice@example.test"]), /Nobody has/);
});

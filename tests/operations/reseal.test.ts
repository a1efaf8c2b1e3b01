import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { password, Standalone } from "../fixtures/standalone.ts";
import { LabClient } from "../server/lab-client.ts";
import { run } from "./run-poplar.ts";

const flags = ["--mechanisms=USER,PLAIN,APOP", "--allow-plaintext-login"];

/** Logs in by APOP, which needs the sealed secret. RFC 1939 §7. */
async function apop(server: Standalone, name: string): Promise<string> {
  const client = await LabClient.connect(server.ports.pop3);
  const timestamp = /<[^>]+>/.exec(await client.line())?.[0] ?? "";
  const digest = createHash("md5")
    .update(timestamp + password)
    .digest("hex");
  const answer = await client.ask(`APOP ${name} ${digest}`);
  await client.ask("QUIT");
  return answer;
}

test("after a rotation all is sealed again by command, the old key goes, and its owner still gets in by APOP", async () => {
  await using server = await Standalone.start({ flags });
  const keys = join(server.dataDir, "secret-keys");
  await server.addLogin("alice");
  const alice = "alice@example.test";
  await server.call("PUT", `/logins/${alice}/password`, { password, isSharedSecret: true });
  const reseal = async (...more: string[]): Promise<unknown> => {
    const { code, out, err } = await run({
      args: ["secrets", "reseal", "--json", "--data-dir", server.dataDir, ...more],
    });
    assert.deepEqual([code, err], [0, ""]);
    return JSON.parse(out);
  };
  assert.partialDeepStrictEqual(await reseal(), { logins: 1, outdated: 0, unreadable: 0 });

  await server.process.stop();
  await appendFile(keys, `k2 ${randomBytes(32).toString("base64")}\n`);
  await server.process.start();
  // The secret itself, and what SCRAM-SHA-1 and SCRAM-SHA-256 check.
  assert.partialDeepStrictEqual(await reseal("--dry-run"), { logins: 1, outdated: 3 });
  assert.partialDeepStrictEqual(await reseal(), { logins: 1, outdated: 3, unreadable: 0 });
  assert.partialDeepStrictEqual(await reseal(), { logins: 1, outdated: 0 });

  await server.process.stop();
  const lines = (await readFile(keys, "utf8")).split("\n");
  await writeFile(keys, lines.filter((line) => line.startsWith("k2 ")).join("\n"));
  await server.process.start();
  assert.match(await apop(server, alice), /^\+OK/);
});

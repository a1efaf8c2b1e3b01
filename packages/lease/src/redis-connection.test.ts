import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { connectRedis } from "./redis-connection.ts";
import { withRedis } from "./testing.ts";

/** What Node warns of while the test runs. */
function warningsOf(t: TestContext): string[] {
  const warnings: string[] = [];
  const hear = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", hear);
  t.after(() => void process.off("warning", hear));
  return warnings;
}

test("many commands that a former master refuses at once make one new connection, and no warning", async (t) => {
  const redis = await withRedis(t);
  const warnings = warningsOf(t);
  const connection = connectRedis(
    { kind: "single", url: redis.url },
    { tls: undefined, commandTimeoutMs: 2000, name: "test" },
  );
  t.after(() => connection.disconnect());
  connection.on("error", () => undefined);
  await once(connection, "ready");
  let closed = 0;
  connection.on("close", () => {
    closed += 1;
  });
  // A port on which no master answers: it stays a replica.
  await connection.call("REPLICAOF", "127.0.0.1", "1");
  const refused = await Promise.allSettled(Array.from({ length: 20 }, () => connection.set("key", "value")));
  for (const outcome of refused) assert.match(String("reason" in outcome && outcome.reason), /READONLY/);
  await once(connection, "ready");
  assert.equal(closed, 1);
  await connection.call("REPLICAOF", "NO", "ONE");
  assert.equal(await connection.set("key", "value"), "OK");
  await nextTurn();
  assert.deepEqual(warnings, []);
});

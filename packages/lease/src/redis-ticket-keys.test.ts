import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { until } from "@poplar/testkit";
import { Redis } from "ioredis";
import { createRedisTicketKeys, type SharedTicketKeys, type TicketKeyOptions } from "./redis-ticket-keys.ts";
import { withRedis } from "./testing.ts";

const redis = await withRedis({ after });
const SECRET = "a secret that only this fleet knows";
const hourMs = 3600 * 1000;

let prefixes = 0;

/** A node with a clock that a test moves. */
interface Node {
  readonly keys: SharedTicketKeys;
  /** What came into force, in order. */
  readonly inForce: string[];
  nowMs: number;
}

function openNode(t: TestContext, keyPrefix: string, options: Partial<TicketKeyOptions> = {}): Node {
  const inForce: string[] = [];
  const node = { inForce, nowMs: 1_000_000 * hourMs };
  const keys = createRedisTicketKeys({
    target: { kind: "single", url: redis.url },
    secret: SECRET,
    changed: (octets) => inForce.push(octets.toString("hex")),
    now: () => node.nowMs,
    keyPrefix,
    ...options,
  });
  t.after(() => keys.close());
  return Object.assign(node, { keys });
}

function somePrefix(): string {
  prefixes += 1;
  return `tickets-${prefixes}:`;
}

async function ready(...nodes: readonly Node[]): Promise<void> {
  for (const { inForce } of nodes) await until("keys of its own", async () => inForce.length > 0);
}

test("nodes with one secret have the same keys, 48 octets, whoever was first", async (t) => {
  const prefix = somePrefix();
  const nodes = [openNode(t, prefix), openNode(t, prefix), openNode(t, prefix)];
  await ready(...nodes);
  const [keys = "", ...more] = new Set(nodes.flatMap(({ inForce }) => inForce));
  assert.deepEqual([keys.length / 2, more], [48, []]);
});

test("after eight hours all nodes change to the same new keys, also while Redis is away", async (t) => {
  const own = await withRedis(t);
  const target = { kind: "single", url: own.url } as const;
  const [one, two] = [openNode(t, "", { target }), openNode(t, "", { target })];
  await ready(one, two);
  await own.kill();
  for (const node of [one, two]) {
    node.nowMs += 8 * hourMs;
    await node.keys.refresh();
  }
  assert.equal(one.inForce.length, 2);
  assert.notEqual(one.inForce[0], one.inForce[1]);
  assert.deepEqual(one.inForce, two.inForce);
  // Of the period after that nothing is known: what is known stays.
  one.nowMs += 8 * hourMs;
  await one.keys.refresh();
  assert.equal(one.inForce.length, 2);
});

test("past keys are nowhere any more, and those in Redis are sealed", async (t) => {
  const prefix = somePrefix();
  const node = openNode(t, prefix);
  await ready(node);
  node.nowMs += 8 * hourMs;
  await node.keys.refresh();
  const client = new Redis(redis.url);
  t.after(async () => client.disconnect());
  const [name = ""] = await client.keys(`${prefix}ticket-keys:*`);
  const stored = await client.hgetall(name);
  assert.deepEqual(Object.keys(stored).length, 2);
  const text = JSON.stringify(
    Object.values(stored).map((sealed) => Buffer.from(sealed, "base64").toString("hex")),
  );
  for (const keys of node.inForce) assert(!text.includes(keys) && !text.includes(keys.slice(0, 32)));
  assert(!name.includes(SECRET));
});

test("nodes with another secret have keys of their own, in the same Redis", async (t) => {
  const prefix = somePrefix();
  const [one, other] = [openNode(t, prefix), openNode(t, prefix, { secret: `${SECRET}, or not` })];
  await ready(one, other);
  assert.notEqual(one.inForce[0], other.inForce[0]);
});

test("what somebody else has put there is not used", async (t) => {
  const prefix = somePrefix();
  const node = openNode(t, prefix);
  await ready(node);
  const client = new Redis(redis.url);
  t.after(async () => client.disconnect());
  const [name = ""] = await client.keys(`${prefix}ticket-keys:*`);
  const stored = await client.hgetall(name);
  const current = String(node.nowMs / (8 * hourMs));
  await client.hset(name, String(Number(current) + 1), stored[current] ?? "");
  node.nowMs += 8 * hourMs;
  const warnings: unknown[] = [];
  const fresh = openNode(t, prefix, { log: { warn: (fields: unknown) => warnings.push(fields) } });
  fresh.nowMs = node.nowMs;
  await until("a warning", async () => warnings.length > 0);
  assert.deepEqual(fresh.inForce, []);
});

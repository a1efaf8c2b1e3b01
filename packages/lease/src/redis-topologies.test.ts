import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { freePort, until, within } from "@poplar/testkit";
import { Redis } from "ioredis";
import { createRedisLeaseStore, type RedisLeaseOptions, type RedisLeaseStore } from "./redis-lease-store.ts";
import {
  type DisposableRedis,
  granted,
  someHolder,
  someMaildrop,
  withRedis,
  withSentinel,
} from "./testing.ts";

test("on a Cluster, maildrops of every partition open for one session and break with a word", async (t) => {
  const nodes = await startCluster(t);
  const store = await openStore(t, { target: { kind: "cluster", nodes: [nodes[0].url] } });
  const other = await openStore(t, { target: { kind: "cluster", nodes: [nodes[1].url] } });
  const first = someMaildrop();
  for (let maildropId = first; maildropId < first + 64; maildropId += 1) {
    const lease = granted(await store.acquire(maildropId, WHOLE, someHolder()));
    assert.deepEqual(await other.acquire(maildropId, WHOLE, someHolder()), { fault: "maildrop-in-use" });
    await lease.release();
    granted(await other.acquire(maildropId, WHOLE, someHolder()));
  }
  const told: Promise<unknown>[] = [];
  for (const maildropId of [first, first + 1, first + 2, first + 3]) {
    told.push(new Promise((resolve) => other.onBroken(resolve)));
    assert.equal(await store.breakLeases(maildropId), 1);
  }
  await Promise.all(told);
  assert.equal(await store.releaseInstance(other.instanceId), undefined);
  assert.deepEqual(await store.holders(first + 10), []);
});

test("when a Cluster node dies its maildrops are refused within a second, the others are served", async (t) => {
  const nodes = await startCluster(t);
  const store = await openStore(t, { target: { kind: "cluster", nodes: [nodes[0].url] } });
  await nodes[1].kill();
  const outcomes = await within(1000, () =>
    Promise.all(
      Array.from({ length: 64 }, async (_, maildropId) => store.acquire(maildropId, WHOLE, someHolder())),
    ),
  );
  const kinds = new Set(outcomes.map((outcome) => (isFault(outcome) ? outcome.fault : "lease")));
  assert.deepEqual(kinds, new Set(["lease", "lease-store-down"]));
});

test("when the Sentinels promote a replica, leases go on there by themselves", async (t) => {
  const master = await withRedis(t, ["--repl-diskless-sync-delay", "0"]);
  const replica = await withRedis(t, ["--replicaof", "127.0.0.1", String(master.port)]);
  await replicates(t, replica);
  const sentinel = await withSentinel(t, master);
  await knowsReplica(t, sentinel);
  const target = {
    kind: "sentinel",
    sentinels: [sentinel.url],
    master: "redis://mymaster",
  } as const;
  const store = await openStore(t, { target });
  const maildropId = someMaildrop();
  granted(await store.acquire(maildropId, WHOLE, someHolder()));
  await master.kill();
  await until(
    "the replica took over",
    async () => !isFault(await store.acquire(someMaildrop(), WHOLE, someHolder())),
  );
  assert.equal(await replicaRole(t, replica), "master");
});

test("of many front ends that look for the master while Sentinels promote a replica, each finds the new one", async (t) => {
  const master = await withRedis(t, ["--repl-diskless-sync-delay", "0"]);
  const replica = await withRedis(t, ["--replicaof", "127.0.0.1", String(master.port)]);
  await replicates(t, replica);
  const sentinel = await withSentinel(t, master);
  await knowsReplica(t, sentinel);
  const target = { kind: "sentinel", sentinels: [sentinel.url], master: "redis://mymaster" } as const;
  const stores = await Promise.all(Array.from({ length: 24 }, async () => openStore(t, { target })));
  await Promise.all(stores.map(takesLeases));
  await master.kill();
  await Promise.all(stores.map(takesLeases));
});

test("a maildrop that was left is free, though the new master has not heard of that", async (t) => {
  const master = await withRedis(t, ["--repl-diskless-sync-delay", "0"]);
  const replica = await withRedis(t, ["--replicaof", "127.0.0.1", String(master.port)]);
  await replicates(t, replica);
  const sentinel = await withSentinel(t, master);
  await knowsReplica(t, sentinel);
  const target = { kind: "sentinel", sentinels: [sentinel.url], master: "redis://mymaster" } as const;
  const [store, other] = [await openStore(t, { target }), await openStore(t, { target })];
  const [left, kept] = [someMaildrop(), someMaildrop()];
  const lease = granted(await store.acquire(left, WHOLE, someHolder()));
  granted(await store.acquire(kept, WHOLE, someHolder()));
  await client(t, master).call("WAIT", "1", "5000");

  await client(t, replica).config("SET", "masterauth", "another");
  await client(t, master).call("CLIENT", "KILL", "TYPE", "REPLICA");
  await until("the replica is cut off", async () =>
    (await client(t, replica).info("replication")).includes("master_link_status:down"),
  );
  await lease.release();
  await master.kill();
  await until("the replica took over", async () => !isFault(await other.acquire(left, WHOLE, someHolder())));
  assert.deepEqual(await other.acquire(kept, WHOLE, someHolder()), { fault: "maildrop-in-use" });
});

async function takesLeases(store: RedisLeaseStore): Promise<void> {
  await until(
    "Redis is back",
    async () => !isFault(await store.acquire(someMaildrop(), WHOLE, someHolder())),
  );
}

test("over TLS the certificate is checked", async (t) => {
  const { certificate, settings } = await tlsSettings(t);
  const port = await freePort();
  await withRedis(t, [...settings, "--tls-port", String(port)]);
  const target = { kind: "single", url: `rediss://localhost:${port}` } as const;
  const store = await openStore(t, { target, tls: { ca: certificate } });
  granted(await store.acquire(someMaildrop(), WHOLE, someHolder()));
  const distrusting = await openStore(t, { target });
  const outcome = await distrusting.acquire(someMaildrop(), WHOLE, someHolder());
  assert(isFault(outcome) && outcome.fault === "lease-store-down");
  assert.match(String(outcome.cause), /self-signed/);
});

/** Two nodes, half of the slots each. */
async function startCluster(t: TestContext): Promise<readonly [DisposableRedis, DisposableRedis]> {
  const buses = [await freePort(), await freePort()] as const;
  const enabled = "--cluster-enabled yes --cluster-require-full-coverage no --cluster-node-timeout 2000";
  const settings = (bus: number): string[] => [...enabled.split(" "), "--cluster-port", String(bus)];
  const nodes = [await withRedis(t, settings(buses[0])), await withRedis(t, settings(buses[1]))] as const;
  const [one, other] = [client(t, nodes[0]), client(t, nodes[1])];
  await one.call("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
  await other.call("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
  await other.call("CLUSTER", "SET-CONFIG-EPOCH", "2");
  await one.call("CLUSTER", "MEET", "127.0.0.1", String(nodes[1].port), String(buses[1]));
  for (const node of [one, other]) {
    await until("the cluster is whole", async () =>
      /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_size:2/.test(
        String(await node.call("CLUSTER", "INFO")),
      ),
    );
  }
  return nodes;
}

async function replicates(t: TestContext, replica: DisposableRedis): Promise<void> {
  const connection = client(t, replica);
  await until("the replica follows", async () =>
    (await connection.info("replication")).includes("master_link_status:up"),
  );
}

async function replicaRole(t: TestContext, replica: DisposableRedis): Promise<unknown> {
  const [role] = await client(t, replica).role();
  return role;
}

async function knowsReplica(t: TestContext, sentinel: DisposableRedis): Promise<void> {
  const connection = client(t, sentinel);
  await until("the Sentinel knows the replica", async () =>
    /slaves=1/.test(await connection.info("sentinel")),
  );
}

/** A certificate of its own for localhost, and a Redis' settings with it. */
async function tlsSettings(t: TestContext): Promise<{ certificate: string; settings: string[] }> {
  const directory = await mkdtemp(join(tmpdir(), "poplar-redis-tls-"));
  t.after(async () => rm(directory, { recursive: true, force: true }));
  const [key, certificate] = [join(directory, "key.pem"), join(directory, "certificate.pem")];
  const kind =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost"];
  await promisify(execFile)("openssl", [...kind.split(" "), ...names, "-keyout", key, "-out", certificate]);
  return {
    certificate: await readFile(certificate, "utf8"),
    settings: ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"],
  };
}

async function openStore(t: TestContext, options: RedisLeaseOptions): Promise<RedisLeaseStore> {
  const store = await createRedisLeaseStore(options);
  t.after(async () => store.close());
  return store;
}

function client(t: TestContext, redis: DisposableRedis): Redis {
  const connection = new Redis(redis.port, "127.0.0.1");
  connection.on("error", () => undefined); // It may be killed in the test.
  t.after(() => connection.disconnect());
  return connection;
}

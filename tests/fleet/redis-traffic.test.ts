import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { type DisposableRedis } from "@poplar/lease/testing";
import { History, until } from "@poplar/testkit";
import { startFleet } from "./fleet.ts";
import { PopClient } from "./pop-client.ts";
import { deliver, Session } from "./workload.ts";

/** What a client of Redis sent, as `redis-cli monitor` shows it. */
interface MonitoredCommand {
  readonly name: string;
  /** The key of a script, else the first argument. */
  readonly key: string;
}

/** Watches Redis. What scripts do inside of it is left out. */
async function monitor(t: TestContext, redis: DisposableRedis): Promise<MonitoredCommand[]> {
  const child = spawn("redis-cli", ["-p", String(redis.port), "monitor"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  const commands: MonitoredCommand[] = [];
  lines.on("line", (line) => {
    const [, client = "", text = ""] = /^\S+ \[\d+ (\S+)\] (.*)$/.exec(line) ?? [];
    if (client === "lua") return;
    const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => word);
    const name = words[0]?.toLowerCase() ?? "";
    const key = name.startsWith("eval") ? words[3] : words[1];
    commands.push({ name, key: key ?? "" });
  });
  return commands;
}

test("a login costs Redis one command and its end another, POP commands none, and renewal depends on no session", async (t) => {
  const fleet = await startFleet({ pop3: 1, lmtp: 1, heartbeatTtlMs: 1500 });
  t.after(async () => fleet[Symbol.asyncDispose]());
  const names = await fleet.addLogins(20);
  const ports = { pop3: fleet.clients.pop3.port, lmtp: fleet.clients.lmtp.port };
  for (const name of names.slice(0, 3)) await deliver({ history: new History(), ports }, names[0] ?? name);
  const commands = await monitor(t, fleet.redis);
  const leaseCommands = (): readonly MonitoredCommand[] =>
    commands.filter(({ key }) => key.startsWith("lease:"));

  using client = await PopClient.connect(ports.pop3);
  assert.match(await client.logIn(names[0] ?? "", "correct horse"), /^\+OK/);
  await until("the lease is taken", async () => leaseCommands().length > 0);
  await client.list();
  await client.retrieve(1);
  for (const command of ["STAT", "NOOP", "DELE 1", "LIST 2", "UIDL 2", "RSET", "DELE 2", "STAT", "NOOP"]) {
    assert.match(await client.ask(command), /^\+OK/);
  }
  assert.equal(leaseCommands().length, 1);
  assert.match(await client.ask("QUIT"), /^\+OK/);
  await until("the lease is given back", async () => leaseCommands().length > 1);

  // Twenty sessions stay open for several beats: what is renewed is the instance, in each of its 64
  // partitions.
  const sessions = await Promise.all(
    names.map(async (name) => Session.open({ history: new History(), ports }, name)),
  );
  assert(sessions.every((session) => session !== undefined));
  const before = commands.length;
  const beats = (): readonly MonitoredCommand[] =>
    commands.slice(before).filter(({ key }) => key.startsWith("instance:"));
  await until("three beats of 64 partitions", async () => beats().length >= 64 * 3);
  assert.equal(leaseCommands().length, 2 + names.length);
  const keys = new Set(beats().map(({ key }) => key));
  const instances = new Set([...keys].map((key) => key.slice(key.lastIndexOf(":"))));
  assert.equal(instances.size, 1, "the one process that opens maildrops");
  assert.equal(keys.size, 64);
  for (const session of sessions) session?.drop();
  // Apart from leases and beats there is what a process says of itself, that it lives and answers for
  // sessions, and who has been in from where: all that came within a second in one command.
  const others = commands.filter(({ key }) => !key.startsWith("lease:") && !key.startsWith("instance:"));
  const known = others.filter(({ key }) => key === "attempts-known");
  assert(known.length > 0 && known.length < names.length / 2, `${known.length} batches`);
  for (const { name, key } of others) {
    assert(name === "ping" || key === "nodes" || key === "attempts-known", `${name} ${key}`);
  }
});

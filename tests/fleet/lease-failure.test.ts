import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { History, until } from "@poplar/testkit";
import { type Fleet, PASSWORD, startFleet } from "./fleet.ts";
import { PopClient } from "./pop-client.ts";
import { deliver } from "./workload.ts";

/**
 * One front end of each policy: what they do to each other is what a fleet in the middle of a change does.
 */
let fleet: Fleet;

before(async () => {
  fleet = await startFleet({
    pop3: 2,
    lmtp: 1,
    heartbeatTtlMs: 1500,
    flagsOf: (pop3) => [`--lease-failure=${pop3 === 1 ? "refuse" : "fence-only"}`],
  });
});

after(async () => fleet[Symbol.asyncDispose]());

const IN_USE = /^-ERR \[IN-USE\]/;
const OUT_OF_REACH = /^-ERR \[SYS\/TEMP\]/;

test("without Redis one policy refuses, the other goes on; the later session deletes, the earlier one is told", async () => {
  const name = await maildropOfTwo();
  const [refusing, going] = fleet.pop3;
  assert(refusing !== undefined && going !== undefined);
  using earlier = await PopClient.connect(refusing.port);
  assert.match(await earlier.logIn(name, PASSWORD), /^\+OK/);
  assert.match(await earlier.ask("DELE 1"), /^\+OK/);
  assert.match(await attempt(going.port, name), IN_USE, "while Redis is there, both ask it");

  await fleet.redis.kill();
  const startMs = performance.now();
  assert.match(await attempt(refusing.port, name), OUT_OF_REACH);
  using later = await PopClient.connect(going.port);
  assert.match(await later.logIn(name, PASSWORD), /^\+OK/);
  assert(performance.now() - startMs < 2000, "each within a second");
  assert.match(await attempt(going.port, name), IN_USE, "one process still lets one session in");
  assert.equal(await statusOf(refusing.healthPort), 503);
  assert.equal(await statusOf(going.healthPort), 200);

  assert.match(await earlier.ask("QUIT"), OUT_OF_REACH);
  assert.equal((await later.list()).length, 2);
  assert.match(await later.ask("DELE 2"), /^\+OK/);
  assert.match(await later.ask("QUIT"), /^\+OK/);

  await fleet.redis.start();
  await until("the front end is ready", async () => (await statusOf(refusing.healthPort)) === 200);
  using last = await PopClient.connect(refusing.port);
  assert.match(await last.logIn(name, PASSWORD), /^\+OK/);
  assert.equal((await last.list()).length, 1);
  await until("its lease is renewed", async () => IN_USE.test(await attempt(going.port, name)));
});

test("mail is taken in without Redis, and balancers are told so", async () => {
  const [name = ""] = await fleet.addLogins(1);
  await fleet.redis.kill();
  const lmtp = fleet.lmtp[0];
  assert(lmtp !== undefined);
  const body = await (await fetch(`http://127.0.0.1:${lmtp.healthPort}/health/ready`)).text();
  assert.match(body, /"status":"ready".*does not answer: mail is taken in without it/);
  const ports = { pop3: 0, lmtp: lmtp.port };
  assert.equal(await deliver({ history: new History(), ports }, name), "acknowledged");
  await fleet.redis.start();
});

async function maildropOfTwo(): Promise<string> {
  const [name = ""] = await fleet.addLogins(1);
  const ports = { pop3: 0, lmtp: fleet.clients.lmtp.port };
  for (const _ of [1, 2]) {
    assert.equal(await deliver({ history: new History(), ports }, name), "acknowledged");
  }
  return name;
}

/** The answer to PASS, of a client that leaves at once. */
async function attempt(port: number, name: string): Promise<string> {
  using client = await PopClient.connect(port);
  return await client.logIn(name, PASSWORD);
}

async function statusOf(healthPort: number): Promise<number> {
  return (await fetch(`http://127.0.0.1:${healthPort}/health/ready`)).status;
}

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import type { Login } from "@poplar/maildrop";
import fc from "fast-check";
import { Door, type DoorLimits } from "./door.ts";
import { createMemoryAttemptCounter } from "./memory-attempt-counter.ts";
import { door, ALICE as LOGIN, PEER } from "./test-fixture.ts";

const ATTACKER = "127.0.0.2";
const RIGHTFUL = "127.0.0.1";
const ALICE = "alice@example.test";

/** A door that notes how long it would have let people wait. */
function doors(count = 1, limits: Partial<DoorLimits> = {}) {
  const counter = createMemoryAttemptCounter();
  const waited: number[] = [];
  const all = Array.from(
    { length: count },
    () => new Door({ counter, limits, wait: async (milliseconds) => void waited.push(milliseconds) }),
  );
  /** @returns the delay in milliseconds. */
  const delay = async (login: string, address: string, at = 0): Promise<number> => {
    waited.length = 0;
    await all[at]!.wait({ login, address });
    return waited[0] ?? 0;
  };
  const fail = async (login: string, address: string, times = 1): Promise<void> => {
    for (let time = 0; time < times; time += 1) await all[0]!.refused({ login, address });
  };
  return {
    delay,
    fail,
    opened: async (login: string, address: string, at = 0) => all[at]!.opened({ login, address }),
  };
}

test("a few typing errors cost nothing, then each further one doubles the delay up to a bound", async () => {
  const { delay, fail } = doors();
  const delays = [];
  for (let tries = 0; tries < 14; tries += 1) {
    delays.push(await delay(ALICE, ATTACKER));
    await fail(ALICE, ATTACKER);
  }
  assert.deepEqual(delays, [0, 0, 0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test("1,000 wrong passwords from one address do not delay the rightful client from another, known or not", async () => {
  const { delay, fail, opened } = doors();
  await fail(ALICE, ATTACKER, 1000);
  assert.equal(await delay(ALICE, RIGHTFUL), 0);
  await opened(ALICE, RIGHTFUL);
  assert.equal(await delay(ALICE, RIGHTFUL), 0);
  assert.equal(await delay(ALICE, ATTACKER), 15_000);
});

test("trying many names from one address is slowed, and by every node of the fleet", async () => {
  const { delay, fail } = doors(2);
  for (let name = 0; name < 20; name += 1) await fail(`name${name}@example.test`, ATTACKER);
  assert.equal(await delay("another@example.test", ATTACKER), 15_000);
  assert.equal(await delay("another@example.test", ATTACKER, 1), 15_000);
});

test("a login that many addresses try is slowed a little for strangers, and not for whom it knows", async () => {
  const { delay, fail, opened } = doors(2);
  await opened(ALICE, RIGHTFUL);
  for (let host = 0; host < 100; host += 1) await fail(ALICE, `10.${host}.0.1`);
  assert.equal(await delay(ALICE, "192.0.2.77"), 2000);
  assert.equal(await delay(ALICE, RIGHTFUL), 0);
  assert.equal(await delay(ALICE, RIGHTFUL, 1), 0);
  assert.equal(await delay("bob@example.test", "192.0.2.77"), 0);
});

test("a network is slowed when many of its addresses misbehave, not when one does", async () => {
  const { delay, fail } = doors();
  await fail(ALICE, "198.51.100.1", 1000);
  assert.equal(await delay("bob@example.test", "198.51.100.2"), 0);
  for (let host = 10; host < 40; host += 1) await fail(`n${host}@example.test`, `198.51.100.${host}`, 5);
  assert.equal(await delay("bob@example.test", "198.51.100.2"), 2000);
  assert.equal(await delay("bob@example.test", "198.51.101.2"), 0);
});

test("who has been in from an address gets in from there, whatever a neighbour behind it does", async () => {
  const { delay, fail, opened } = doors();
  await opened(ALICE, RIGHTFUL);
  await fail("bob@example.test", RIGHTFUL, 100);
  assert.equal(await delay(ALICE, RIGHTFUL), 0);
  assert.equal(await delay("bob@example.test", RIGHTFUL), 15_000);
  // But not if it is his own password that is guessed from there.
  await fail(ALICE, RIGHTFUL, 100);
  assert.equal(await delay(ALICE, RIGHTFUL), 15_000);
});

test("one's own login is no way to wash an address clean", async () => {
  const { delay, fail, opened } = doors();
  await fail(ALICE, ATTACKER, 10);
  await opened("mallory@example.test", ATTACKER);
  assert.equal(await delay("carol@example.test", ATTACKER), 8000);
});

test("too many of one address at a time are turned away, and others are not", async () => {
  const release: (() => void)[] = [];
  const guard = new Door({
    limits: { waitingPerAddressMax: 2 },
    wait: async () => new Promise<void>((resolve) => release.push(resolve)),
  });
  const caller = { login: ALICE, address: ATTACKER };
  for (let time = 0; time < 10; time += 1) await guard.refused(caller);
  const waiting = [guard.wait(caller), guard.wait(caller)];
  while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await guard.wait(caller), "busy");
  assert.equal(await guard.wait({ login: "bob@example.test", address: RIGHTFUL }), undefined);
  for (const letGo of release) letGo();
  assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
});

test("no delay exceeds its bound, and nothing that others do ever delays whom the door knows", async () => {
  const names = fc.constantFrom("a@x.test", "b@x.test", "c@x.test");
  const addresses = fc.constantFrom("10.0.0.1", "10.0.0.2", "10.1.0.1", "2001:db8::1", "2001:db8:0:1::1");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, addresses), { maxLength: 60 }), async (failures) => {
      const { delay, fail, opened } = doors();
      await opened(ALICE, "10.0.0.1");
      for (const [name, address] of failures) await fail(name, address);
      assert.equal(await delay(ALICE, "10.0.0.1"), 0);
      for (const [name, address] of failures) assert((await delay(name, address)) <= 15_000);
    }),
    { numRuns: 30 },
  );
});

test("counts in memory end with their window, and the oldest give way when there are too many", async () => {
  const counter = createMemoryAttemptCounter(3);
  for (const key of ["a", "b", "a", "c", "d"]) await counter.add(key, 3600);
  assert.deepEqual(await counter.read(["a", "b", "c", "d", "e"]), [0, 1, 1, 1, 0]);
  await counter.forget("b");
  assert.deepEqual(await counter.read(["b"]), [0]);
});

test("the door is asked before the password, and not for a client that polls", async () => {
  const waits: number[] = [];
  const { verify, hashed } = await door({ wait: async (milliseconds) => void waits.push(milliseconds) });
  for (let time = 0; time < 7; time += 1) await verify(ALICE, `wrong ${time}`);
  assert.deepEqual(waits, [250, 500]);
  await verify(ALICE, "secret");
  assert.deepEqual(waits, [250, 500, 1000]);
  // Known and remembered from here on.
  for (let time = 0; time < 5; time += 1) await verify(ALICE, "secret");
  assert.deepEqual([waits.length, hashed.length], [3, 8]);
});

/** A policy service as weakforced is one. */
async function policy(t: TestContext, statusOf: (command: string) => number | string) {
  const asked: { command: string; body: Record<string, unknown>; key: unknown }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const command = new URL(request.url ?? "", "http://x").searchParams.get("command") ?? "";
      const body: unknown = JSON.parse(await text(request));
      assert(typeof body === "object" && body !== null);
      asked.push({ command, body: { ...body }, key: request.headers["x-api-key"] });
      response.end(JSON.stringify({ status: statusOf(command), msg: "" }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
  return { asked, options: { url, hashNonce: "nonce", headers: { "x-api-key": "key" } } };
}

test("a policy service is asked before and told after, with a cut hash in the place of the password", async (t) => {
  const { asked, options } = await policy(t, () => 0);
  const { verify } = await door({ policyService: options });
  await verify(ALICE, "wrong");
  while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    asked.map(({ command, key }) => [command, key]),
    [
      ["allow", "key"],
      ["report", "key"],
    ],
  );
  assert.partialDeepStrictEqual(asked[1]?.body, {
    login: ALICE,
    remote: "192.0.2.1",
    success: false,
    policy_reject: false,
    tls: true,
  });
  assert.match(String(asked[0]?.body["pwhash"]), /^0[0-9a-f]{3}$/);
  assert.doesNotMatch(JSON.stringify(asked), /wrong/);
});

test("a policy service has its say about those for whom an issuer or a certificate speaks, too", async (t) => {
  const { asked, options } = await policy(t, () => -1);
  const certificate = { subject: "CN=alice", emails: [], fingerprint: "00" };
  const mapped: Login = {
    ...LOGIN,
    loginId: 80,
    name: "carol@example.test",
    credentials: [{ credentialId: 800, kind: "client-certificate", verifier: "subject:CN=alice" }],
  };
  const { exchange, reason } = await door({ policyService: options, mechanisms: ["EXTERNAL"] }, [mapped]);
  const peer = { ...PEER, clientCertificate: () => certificate };
  assert.deepEqual(await exchange("EXTERNAL", [""], peer), { fault: "bad-credentials" });
  assert.equal(reason(), "policy-refused");
  assert.partialDeepStrictEqual(asked[0], { command: "allow", body: { login: "carol@example.test" } });
});

test("a policy service can refuse and delay; when it does not answer, the operator decides", async (t) => {
  const waits: number[] = [];
  const wait = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const refusing = await policy(t, () => -1);
  const refused = await door({ policyService: refusing.options, wait });
  assert.deepEqual(await refused.verify(ALICE, "secret"), { fault: "bad-credentials" });
  assert.equal(refused.reason(), "policy-refused");
  const slowing = await policy(t, () => 3);
  const slowed = await door({ policyService: slowing.options, wait });
  assert.partialDeepStrictEqual(await slowed.verify(ALICE, "secret"), { login: ALICE });
  assert.deepEqual(waits, [3000]);
  const babbling = await policy(t, () => "what?");
  const open = await door({ policyService: babbling.options });
  assert.partialDeepStrictEqual(await open.verify(ALICE, "secret"), { login: ALICE });
  const closed = await door({ policyService: { ...babbling.options, isClosedWhenDown: true } });
  assert.partialDeepStrictEqual(await closed.verify(ALICE, "secret"), { fault: "policy-service-down" });
});

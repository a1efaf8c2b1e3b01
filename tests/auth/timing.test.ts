import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";
import {
  type AuthenticatorOptions,
  createAuthenticator,
  createCredentialMaker,
  SecretBox,
} from "@poplar/auth";
import type { Authenticated, Authenticator, Peer, SaslChallenge } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { createMemoryStore } from "@poplar/testkit";
import { median, superiority, whatDiffers } from "./one-distribution.ts";

/** A quick hash, so that many fit into a test. What is compared is which work is done, not how much it is. */
const COST = { memoryKib: 2048, passes: 1, lanes: 1 };
const KEYS = [{ keyId: "k1", octets: randomBytes(32) }];
const SECRET = "a secret of Ann's";
const MECHANISMS = ["USER", "PLAIN", "APOP", "CRAM-MD5", "SCRAM-SHA-256"] as const;
type Mechanism = (typeof MECHANISMS)[number];

/** Passwords cost milliseconds, the others microseconds. */
const ROUNDS: Readonly<Record<Mechanism, number>> = {
  USER: 100,
  PLAIN: 100,
  APOP: 400,
  "CRAM-MD5": 400,
  "SCRAM-SHA-256": 400,
};
const WARM_UP_ROUNDS = 50;

/** Whom a stranger tries; none of the names is longer than another. */
const CASES: Readonly<Record<string, string>> = {
  "unknown name": "nan@example.test",
  "wrong secret": "ann@example.test",
  "disabled login": "off@example.test",
  "login without a secret": "old@example.test",
};

const peer: Peer = {
  address: "192.0.2.1",
  isTlsActive: true,
  serverName: undefined,
  listener: "pop3s",
  channelBindings: () => new Map(),
  clientCertificate: () => undefined,
};

async function door(options: Partial<AuthenticatorOptions> = {}): Promise<Authenticator> {
  const box = options.box ?? new SecretBox(KEYS);
  const store = createMemoryStore();
  const maker = createCredentialMaker({ box, hashCost: COST });
  await store.registry.addDomain("example.test");
  for (const name of ["ann@example.test", "off@example.test", "old@example.test"]) {
    const { passwordVerifier, others } = await maker.ofPassword(SECRET, { isSharedSecret: true });
    const credentials = name.startsWith("old") ? [] : others;
    await store.registry.addLogin({ name, passwordVerifier, credentials, quotaOctets: undefined });
  }
  await store.registry.setDisabled("off@example.test", true);
  return createAuthenticator({
    directory: store.logins,
    box,
    hashCost: COST,
    mechanisms: [...MECHANISMS],
    wait: async () => {},
    ...options,
  });
}

/** One wrong try. @returns how long each answer took, in milliseconds. */
async function tryOnce(authenticator: Authenticator, mechanism: Mechanism, name: string): Promise<number[]> {
  const wrong = randomBytes(16).toString("hex");
  const times: number[] = [];
  const timed = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const start = performance.now();
    const answer = await work();
    times.push(performance.now() - start);
    return answer;
  };
  if (mechanism === "USER") {
    const password = Buffer.from(wrong);
    refusedAs(await timed(async () => authenticator.verifyPassword(name, password, peer)));
    return times;
  }
  if (mechanism === "APOP") {
    const timestamp = authenticator.apopTimestamp(peer) ?? "";
    refusedAs(await timed(async () => authenticator.verifyApop(name, wrong, timestamp, peer)));
    return times;
  }
  const exchange = authenticator.beginExchange(mechanism, peer);
  ok(exchange !== undefined);
  let challenge = "";
  const answers: Readonly<Record<typeof mechanism, readonly ((challenge: string) => string)[]>> = {
    PLAIN: [() => `\0${name}\0${wrong}`],
    "CRAM-MD5": [() => `${name} ${wrong}`],
    "SCRAM-SHA-256": [
      () => `n,,n=${name},r=nonce`,
      (first) => `c=biws,r=${/^r=([^,]*)/.exec(first)?.[1]},p=${randomBytes(32).toString("base64")}`,
    ],
  };
  if (mechanism === "CRAM-MD5") await exchange.next(undefined);
  let step: SaslChallenge | Authenticated | Fault | undefined;
  for (const answer of answers[mechanism]) {
    const octets = Buffer.from(answer(challenge));
    step = await timed(async () => exchange.next(octets));
    if ("challenge" in step) challenge = Buffer.from(step.challenge).toString();
  }
  refusedAs(step);
  return times;
}

const refusedAs = (answer: unknown): void => deepStrictEqual(answer, { fault: "bad-credentials" });

/**
 * Tries all cases in turn, each round in another order: whatever else the machine does meets all alike.
 *
 * @returns for each answer of the exchange, the durations by case.
 */
async function measure(authenticator: Authenticator, mechanism: Mechanism): Promise<Map<string, number[]>[]> {
  const durations: Map<string, number[]>[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS[mechanism]; round += 1) {
    for (const [what, name] of shuffled(Object.entries(CASES))) {
      const times = await tryOnce(authenticator, mechanism, name);
      if (round < 0) continue;
      for (const [answer, ms] of times.entries()) {
        const byCase = (durations[answer] ??= new Map());
        byCase.set(what, [...(byCase.get(what) ?? []), ms]);
      }
    }
  }
  return durations;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(randomInt(left.length), 1));
}

for (const mechanism of MECHANISMS) {
  test(`${mechanism}: the answers to unknown name, wrong secret and disabled login are one distribution`, async (t) => {
    const durations = await measure(await door(), mechanism);
    for (const [answer, byCase] of durations.entries()) {
      for (const [what, times] of byCase)
        t.diagnostic(`answer ${answer + 1}, ${what}: ${median(times).toFixed(4)} ms`);
      strictEqual(whatDiffers(byCase), undefined, `answer ${answer + 1}`);
    }
  });
}

/** What somebody in a hurry would have written: nothing is opened for a name that has nothing. */
class HastyBox extends SecretBox {
  override openDecoy(): string {
    return "nobody knows";
  }
}

for (const mechanism of MECHANISMS) {
  test(`${mechanism}: a shortcut for unknown names would be seen`, async () => {
    const hasty = await door({ box: new HastyBox(KEYS), hashCost: { ...COST, memoryKib: 1024 } });
    const [first = new Map<string, number[]>()] = await measure(hasty, mechanism);
    match(whatDiffers(first) ?? "one distribution", /takes longer than/);
  });
}

test("superiority is a half for the same, 1 for what is always longer, and ties count as half", () => {
  strictEqual(superiority([1, 2, 3], [1, 2, 3]), 0.5);
  strictEqual(superiority([4, 5, 6], [1, 2, 3]), 1);
  strictEqual(superiority([1, 2, 3], [4, 5, 6]), 0);
  strictEqual(superiority([2, 2], [2, 2]), 0.5);
  strictEqual(superiority([1, 3], [2, 2]), 0.5);
});

test("a machine that stalls now and then makes no difference, a small one that is always there does", () => {
  const times = (add: number): number[] =>
    Array.from({ length: 200 }, () => 1 + add + Math.random() * 0.1 + (Math.random() < 0.05 ? 50 : 0));
  strictEqual(
    whatDiffers(
      new Map([
        ["one", times(0)],
        ["other", times(0)],
      ]),
    ),
    undefined,
  );
  match(
    whatDiffers(
      new Map([
        ["one", times(0.05)],
        ["other", times(0)],
      ]),
    ) ?? "",
    /^"one" takes longer/,
  );
});

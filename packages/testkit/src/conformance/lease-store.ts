import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import {
  type Holder,
  type Lease,
  type LeaseStore,
  type MaildropId,
  type View,
  WHOLE,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import fc from "fast-check";

const JOHN: View = { kind: "local-part", localPart: "john" };
const MARY: View = { kind: "local-part", localPart: "mary" };
const VIEWS = [WHOLE, JOHN, MARY] as const;

/**
 * What every `LeaseStore` must do; call it in a test file of an adapter. The store may hold other leases:
 * each test makes maildrops of its own.
 *
 * @param open gives the store under test, and sees to it that it is closed after `t`.
 */
export function leaseStoreConformance(open: (t: TestContext) => Promise<LeaseStore>): void {
  exclusionTests(open);
  breakingTests(open);
  askingTests(open);
  modelTest(open);
}

function exclusionTests(open: (t: TestContext) => Promise<LeaseStore>): void {
  test("a maildrop opens for one session at a time (RFC 1939 §4)", async (t) => {
    const store = await open(t);
    const maildropId = someMaildrop();
    const lease = granted(await store.acquire(maildropId, WHOLE, holder()));
    assert.deepEqual(await store.acquire(maildropId, WHOLE, holder()), { fault: "maildrop-in-use" });
    await lease.release();
    granted(await store.acquire(maildropId, WHOLE, holder()));
  });

  test("maildrops do not exclude each other", async (t) => {
    const store = await open(t);
    const first = someMaildrop();
    for (const maildropId of [first, first + 1, first + 64, first + 128]) {
      granted(await store.acquire(maildropId, WHOLE, holder()));
    }
  });

  test("the whole view excludes all, a local part itself and the whole", async (t) => {
    const store = await open(t);
    const other = (view: View): View => (view === JOHN ? MARY : JOHN);
    for (const held of VIEWS) {
      for (const asked of VIEWS) {
        const maildropId = someMaildrop();
        granted(await store.acquire(maildropId, held, holder()));
        const outcome = await store.acquire(maildropId, asked, holder());
        const isExcluded = held === WHOLE || asked === WHOLE || asked !== other(held);
        assert.equal(isFault(outcome), isExcluded, `${JSON.stringify(asked)} beside ${JSON.stringify(held)}`);
      }
    }
  });

  test("a lease released twice frees nobody else's", async (t) => {
    const store = await open(t);
    const maildropId = someMaildrop();
    const lease = granted(await store.acquire(maildropId, JOHN, holder()));
    await lease.release();
    granted(await store.acquire(maildropId, JOHN, holder()));
    await lease.release();
    assert.deepEqual(await store.acquire(maildropId, JOHN, holder()), { fault: "maildrop-in-use" });
  });

  test("the same session asking twice is refused, and frees only what it got", async (t) => {
    const store = await open(t);
    const maildropId = someMaildrop();
    const session = holder();
    const lease = granted(await store.acquire(maildropId, WHOLE, session));
    assert.deepEqual(await store.acquire(maildropId, WHOLE, session), { fault: "maildrop-in-use" });
    await lease.release();
    granted(await store.acquire(maildropId, WHOLE, session));
  });

  test("the holders of a maildrop are known with all that an operator asks for", async (t) => {
    const store = await open(t);
    const maildropId = someMaildrop();
    const before = Date.now();
    const john = { sessionId: randomUUID(), login: "jöhn o'neill %@host.test", address: "2001:db8::1" };
    const view: View = { kind: "local-part", localPart: "jöhn *=: {1}" };
    granted(await store.acquire(maildropId, view, john));
    granted(await store.acquire(maildropId, MARY, holder()));
    const holders = await store.holders(maildropId);
    assert(!isFault(holders));
    assert.equal(holders.length, 2);
    const { sinceMs, ...held } = holders.find(({ sessionId }) => sessionId === john.sessionId) ?? {};
    assert.deepEqual(held, { ...john, view });
    assert(sinceMs !== undefined && Math.abs(sinceMs - before) < 60_000);
    assert.deepEqual(await store.holders(someMaildrop()), []);
  });
}

function breakingTests(open: (t: TestContext) => Promise<LeaseStore>): void {
  test("breaking frees every view of a maildrop and tells each session that lost it", async (t) => {
    const store = await open(t);
    const told = tellings((listener) => store.onBroken(listener));
    const maildropId = someMaildrop();
    const [john, mary, bystander] = [holder(), holder(), holder()];
    granted(await store.acquire(maildropId, JOHN, john));
    granted(await store.acquire(maildropId, MARY, mary));
    granted(await store.acquire(someMaildrop(), WHOLE, bystander));
    assert.equal(await store.breakLeases(maildropId), 2);
    assert.deepEqual(await told.next(2), new Set([john.sessionId, mary.sessionId]));
    assert.deepEqual(await store.holders(maildropId), []);
    granted(await store.acquire(maildropId, WHOLE, holder()));
  });

  test("a session whose lease was broken frees nobody else's", async (t) => {
    const store = await open(t);
    const maildropId = someMaildrop();
    const broken = granted(await store.acquire(maildropId, WHOLE, holder()));
    await store.breakLeases(maildropId);
    granted(await store.acquire(maildropId, WHOLE, holder()));
    await broken.release();
    assert.deepEqual(await store.acquire(maildropId, WHOLE, holder()), { fault: "maildrop-in-use" });
  });

  test("breaking what nobody holds breaks nothing", async (t) => {
    const store = await open(t);
    assert.equal(await store.breakLeases(someMaildrop()), 0);
  });
}

function askingTests(open: (t: TestContext) => Promise<LeaseStore>): void {
  test("who holds a maildrop for the same login and address is asked, and nobody else", async (t) => {
    const store = await open(t);
    const asked = tellings((listener) => store.onAsked(listener));
    const maildropId = someMaildrop();
    const [john, mary] = [holder(), holder()];
    granted(await store.acquire(maildropId, JOHN, john));
    granted(await store.acquire(maildropId, MARY, { ...mary, address: "192.0.2.2" }));
    granted(await store.acquire(someMaildrop(), WHOLE, holder()));
    await store.askHolders(maildropId, { ...holder(), login: "mallory@example.test" });
    await store.askHolders(maildropId, holder());
    assert.deepEqual(await asked.next(1), new Set([john.sessionId]));
    await store.askHolders(maildropId, { ...holder(), address: "192.0.2.2" });
    assert.deepEqual(await asked.next(2), new Set([john.sessionId, mary.sessionId]));
    const holders = await store.holders(maildropId);
    assert(!isFault(holders));
    assert.equal(holders.length, 2, "a question takes nothing away");
  });
}

type Step =
  | { readonly kind: "acquire"; readonly drop: number; readonly view: View }
  | { readonly kind: "release"; readonly nth: number }
  | { readonly kind: "break"; readonly drop: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("acquire" as const),
        drop: fc.nat(1),
        view: fc.constantFrom(...VIEWS),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("release" as const), nth: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("break" as const), drop: fc.nat(1) }) },
  ),
  { maxLength: 30 },
);

/** Two maildrops as they ought to be: who holds which view, by session. */
type Model = Map<string, { readonly drop: number; readonly view: View }>;

function modelTest(open: (t: TestContext) => Promise<LeaseStore>): void {
  test("whatever sessions do, the leases held are those of the model", async (t) => {
    const store = await open(t);
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const first = someMaildrop();
        const model: Model = new Map();
        const leases: { readonly lease: Lease; readonly sessionId: string }[] = [];
        for (const step of taken) {
          if (step.kind === "acquire") {
            const session = holder();
            const lease = await store.acquire(first + step.drop, step.view, session);
            assert.equal(isFault(lease), isTaken(model, step.drop, step.view));
            if (isFault(lease)) continue;
            leases.push({ lease, sessionId: session.sessionId });
            model.set(session.sessionId, { drop: step.drop, view: step.view });
          } else if (step.kind === "release") {
            const released = leases[step.nth % Math.max(1, leases.length)];
            await released?.lease.release();
            model.delete(released?.sessionId ?? "");
          } else {
            const broken = [...model].filter(([, { drop }]) => drop === step.drop);
            assert.equal(await store.breakLeases(first + step.drop), broken.length);
            for (const [sessionId] of broken) model.delete(sessionId);
          }
        }
        for (const drop of [0, 1]) {
          const holders = await store.holders(first + drop);
          assert(!isFault(holders));
          const expected = [...model]
            .filter(([, held]) => held.drop === drop)
            .map(([sessionId]) => sessionId);
          assert.deepEqual(new Set(holders.map(({ sessionId }) => sessionId)), new Set(expected));
        }
      }),
      { numRuns: 60 },
    );
  });
}

const isTaken = (model: Model, drop: number, view: View): boolean =>
  [...model.values()].some(
    (held) => held.drop === drop && (held.view === WHOLE || view === WHOLE || held.view === view),
  );

/** Identifies a maildrop that no other test uses. */
const someMaildrop = (): MaildropId => randomInt(2 ** 40) * 256;

const holder = (): Holder => ({
  sessionId: randomUUID(),
  login: "alice@example.test",
  address: "192.0.2.1",
});

function granted(outcome: Lease | Fault): Lease {
  assert(!isFault(outcome), `no lease: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Collects the sessions that a store tells of. */
function tellings(register: (listener: (sessionId: string) => void) => void): {
  next(count: number): Promise<Set<string>>;
} {
  const told = new Set<string>();
  let changed = (): void => undefined;
  register((sessionId) => {
    told.add(sessionId);
    changed();
  });
  return {
    async next(count) {
      while (told.size < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return told;
    },
  };
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenMaildrop, type View, WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import fc from "fast-check";
import {
  deliver,
  localPart,
  numbers,
  type OpenStore,
  open,
  readAll,
  type Tenancy,
  tenancy,
  uniqueIds,
} from "./store-fixture.ts";

const JOHN = localPart("john");
const MARY = localPart("mary");

/** The part of `MaildropStore` conformance that is about who may delete. */
export function maildropFenceTests(name: string, openStore: OpenStore): void {
  pairTests(name, openStore);
  readOnlyTests(name, openStore);
  historyTest(name, openStore);
}

async function withMail(openStore: Promise<Tenancy>): Promise<Tenancy> {
  const alice = await openStore;
  for (const recipient of ["john", "mary", "john", "mary"]) await deliver(alice, "mail\r\n", recipient);
  return alice;
}

function pairTests(name: string, openStore: OpenStore): void {
  const pairs: readonly { earlier: View; later: View; isFenced: boolean }[] = [
    { earlier: WHOLE, later: WHOLE, isFenced: true },
    { earlier: WHOLE, later: JOHN, isFenced: true },
    { earlier: JOHN, later: WHOLE, isFenced: true },
    { earlier: JOHN, later: JOHN, isFenced: true },
    { earlier: JOHN, later: MARY, isFenced: false },
    { earlier: MARY, later: JOHN, isFenced: false },
  ];
  const nameOf = (view: View): string => (view.kind === "whole" ? "the whole" : view.localPart);

  for (const { earlier, later, isFenced } of pairs) {
    const consequence = isFenced ? "ends its right to delete" : "leaves its right to delete";
    test(`${name}: opening ${nameOf(later)} after ${nameOf(earlier)} ${consequence} (P3)`, async (t) => {
      const alice = await withMail(tenancy(await openStore(t)));
      const first = await open(alice, earlier);
      const second = await open(alice, later);
      const outcome = await first.remove(numbers(1));
      assert.deepEqual(outcome, isFenced ? { fault: "lease-lost" } : undefined);
      assert.equal((await open(alice, earlier)).listing.opened, first.listing.opened - (isFenced ? 0 : 1));
      assert.equal(second.listing.opened > 0, true);
    });
  }

  test(`${name}: the latest session deletes, and what it removed is the earlier one's loss only`, async (t) => {
    const alice = await withMail(tenancy(await openStore(t)));
    const first = await open(alice);
    const second = await open(alice);
    assert.equal(await second.remove(numbers(1, 2)), undefined);
    assert.deepEqual(await first.remove(numbers(1, 2, 3)), { fault: "lease-lost" });
    assert.equal((await open(alice)).listing.opened, 2);
  });

  test(`${name}: openings and removals at the same time are one after another (P3)`, async (t) => {
    const alice = await tenancy(await openStore(t));
    for (let round = 0; round < 10; round += 1) {
      await deliver(alice, "mail\r\n");
      const first = await open(alice);
      const [outcome, second] = await Promise.all([first.remove(numbers(1)), open(alice)]);
      // Either the removal came first, and the later session does not see it; or it was refused.
      assert.equal(second.listing.opened, outcome === undefined ? 0 : 1);
      if (outcome !== undefined) {
        assert.equal(outcome.fault, "lease-lost");
        assert.equal(await second.remove(numbers(1)), undefined);
      }
    }
  });
}

/** Reading without a lease: bulletin boards. RFC 1082. */
function readOnlyTests(name: string, openStore: OpenStore): void {
  for (const view of [WHOLE, JOHN]) {
    const of = view.kind === "whole" ? "the whole" : view.localPart;

    test(`${name}: who opens ${of} read-only sees what others see, and takes nobody's right to delete`, async (t) => {
      const alice = await withMail(tenancy(await openStore(t)));
      const owner = await open(alice, view);
      const reader = await openReadOnly(alice, view);
      assert.deepEqual(uniqueIds(reader), uniqueIds(owner));
      assert.deepEqual(await readAll(reader, 1), await readAll(owner, 1));
      assert.deepEqual(await reader.remove(numbers(1)), { fault: "read-only" });
      assert.equal(await owner.remove(numbers(1)), undefined);
      assert.equal((await readAll(reader, 2)).length > 0, true);
      assert.equal((await openReadOnly(alice, view)).listing.opened, reader.listing.opened - 1);
    });
  }

  test(`${name}: an empty maildrop can be opened read-only, and shows what came since when opened again`, async (t) => {
    const alice = await tenancy(await openStore(t));
    assert.equal((await openReadOnly(alice)).listing.opened, 0);
    await deliver(alice, "mail\r\n");
    assert.equal((await openReadOnly(alice)).listing.opened, 1);
  });
}

async function openReadOnly({ store, maildropId }: Tenancy, view: View = WHOLE): Promise<OpenMaildrop> {
  const holder = { sessionId: "a-reader", login: "bob@example.test", address: "192.0.2.2" };
  const opened = await store.maildrops.open({ maildropId, view, holder, isReadOnly: true });
  return isFault(opened) ? assert.fail(opened.fault) : opened;
}

interface ModelSession {
  readonly view: View;
  readonly maildrop: OpenMaildrop;
  isFenced: boolean;
  hasRemoved: boolean;
}

const doExclude = (one: View, other: View): boolean =>
  one.kind === "whole" || other.kind === "whole" || one.localPart === other.localPart;

/** Whatever sessions do, the maildrop is what the sessions that were told `+OK` have left of it. */
function historyTest(name: string, openStore: OpenStore): void {
  const act = fc.oneof(
    fc.record({ do: fc.constant("deliver" as const), to: fc.constantFrom("john", "mary") }),
    fc.record({ do: fc.constant("open" as const), view: fc.constantFrom(WHOLE, JOHN, MARY) }),
    fc.record({ do: fc.constant("remove" as const), session: fc.nat(), picks: fc.array(fc.nat()) }),
  );

  test(`${name}: any history of sessions leaves what it should, and no unique-id twice (P3, P4)`, async (t) => {
    const store = await openStore(t);
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const alice = await tenancy(store);
        const present: { uid: number; to: string }[] = [];
        const sessions: ModelSession[] = [];
        let lastUid = 0;
        for (const step of acts) {
          if (step.do === "deliver") {
            const uid = await deliver(alice, "mail\r\n", step.to);
            assert.ok(uid > lastUid, "uids grow");
            lastUid = uid;
            present.push({ uid, to: step.to });
          } else if (step.do === "open") {
            sessions.push(await openInModel(alice, step.view, { present, sessions }));
          } else {
            const session = sessions[step.session % Math.max(sessions.length, 1)];
            if (session !== undefined) await removeInModel(session, step.picks, present);
          }
        }
        const { listing } = await open(alice);
        const left = [...listing.present()].map((number) => listing.uidOf(number));
        assert.deepEqual(
          left,
          present.map((message) => message.uid),
        );
      }),
      { numRuns: 25 },
    );
  });
}

async function openInModel(
  alice: Tenancy,
  view: View,
  model: {
    readonly present: readonly { uid: number; to: string }[];
    readonly sessions: readonly ModelSession[];
  },
): Promise<ModelSession> {
  const maildrop = await open(alice, view);
  const seen = model.present.filter(({ to }) => view.kind === "whole" || view.localPart === to);
  assert.equal(uniqueIds(maildrop).length, seen.length);
  // In an empty maildrop nothing can be deleted twice, so nobody needs to be kept out.
  if (model.present.length > 0) {
    for (const session of model.sessions) session.isFenced ||= doExclude(session.view, view);
  }
  return { view, maildrop, isFenced: false, hasRemoved: false };
}

async function removeInModel(
  session: ModelSession,
  picks: readonly number[],
  present: { uid: number; to: string }[],
): Promise<void> {
  const { listing } = session.maildrop;
  // A session removes once.
  if (session.hasRemoved || listing.opened === 0 || picks.length === 0) return;
  session.hasRemoved = true;
  const picked = numbers(...new Set(picks.map((pick) => 1 + (pick % listing.opened))));
  const outcome = await session.maildrop.remove(picked);
  assert.deepEqual(outcome, session.isFenced ? { fault: "lease-lost" } : undefined);
  if (session.isFenced) return;
  const uids = new Set(picked.map((number) => listing.uidOf(number)));
  const left = present.filter(({ uid }) => !uids.has(uid));
  present.splice(0, present.length, ...left);
}

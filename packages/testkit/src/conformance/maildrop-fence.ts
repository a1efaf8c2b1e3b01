import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenMaildrop, type View, WHOLE } from "@poplar/maildrop";
import fc from "fast-check";
import {
  deliver,
  localPart,
  numbers,
  type OpenStore,
  open,
  type Tenancy,
  tenancy,
  uniqueIds,
} from "./store-fixture.ts";

const JOHN = localPart("john");
const MARY = localPart("mary");

/** The part of `MaildropStore` conformance that is about who may delete. */
export function maildropFenceTests(name: string, openStore: OpenStore): void {
  pairTests(name, openStore);
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

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkHistory } from "./check-history.ts";
import { History } from "./history.ts";
import type { Operation } from "./operation.ts";
import { type Flaw, SimulatedMaildrop, type SimulatedStep } from "./simulated-maildrop.ts";
import type { Rule } from "./violation.ts";

const acts = [
  "deliver",
  "deliver",
  "deliver",
  "login",
  "login",
  "list",
  "retrieve",
  "retrieve",
  "mark",
  "mark",
  "quit",
  "drop",
] as const;

const stepWith = (act: fc.Arbitrary<SimulatedStep["act"]>): fc.Arbitrary<SimulatedStep> =>
  fc.record({
    client: fc.nat(3),
    act,
    pick: fc.nat(7),
    isAnswerLost: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
    isDone: fc.integer({ min: 0, max: 4 }).map((value) => value > 0),
    slack: fc.tuple(fc.nat(35), fc.nat(35)),
  });

const scheduleWith = (act: fc.Arbitrary<SimulatedStep["act"]>): fc.Arbitrary<SimulatedStep[]> =>
  fc.array(stepWith(act), { minLength: 20, maxLength: 120, size: "max" });

const calmSchedule = scheduleWith(fc.constantFrom(...acts));
const faultySchedule = scheduleWith(fc.constantFrom(...acts, "lose-lease" as const));

test("whatever a maildrop with lease and fence is put through, the checker finds nothing", () => {
  fc.assert(
    fc.property(faultySchedule, (steps) => {
      assert.deepEqual(checkHistory(new SimulatedMaildrop().play(steps)), []);
    }),
    { numRuns: 2000 },
  );
});

test("as long as no lease is lost, sessions exclude each other as well", () => {
  fc.assert(
    fc.property(calmSchedule, (steps) => {
      assert.deepEqual(checkHistory(new SimulatedMaildrop().play(steps), { areLeasesKept: true }), []);
    }),
    { numRuns: 1000 },
  );
});

const detections: readonly (readonly [Flaw, Rule])[] = [
  ["loses-deliveries", "delivery-lost"],
  ["stores-refused", "refused-delivery"],
  ["stores-twice", "delivered-twice"],
  ["mangles", "foreign-content"],
  ["deletes-on-drop", "deleted-unasked"],
  ["answers-before-commit", "deletion-undone"],
  ["tears-deletions", "deletion-torn"],
  ["has-no-fence", "overtaken-deletion"],
  ["has-no-fence", "deleted-unasked"],
  ["overlooks-missing", "deleted-twice"],
  ["has-no-lease", "owned-twice"],
  ["reuses-unique-ids", "unique-id-reused"],
  ["brings-back", "deletion-undone"],
  ["mixes-contents", "content-changed"],
  ["changes-octets", "octets-changed"],
  ["renumbers", "listing-changed"],
];

/** Always the same: the rarest of the flaws shows in about one of a hundred. */
const schedules = 1000;

for (const [flaw, rule] of detections) {
  test(`a maildrop that ${flaw.replaceAll("-", " ")} is caught: ${rule}`, () => {
    const areLeasesKept = flaw === "has-no-lease";
    const caught = fc
      .sample(areLeasesKept ? calmSchedule : faultySchedule, { numRuns: schedules, seed: 1 })
      .filter((steps) => {
        const operations = new SimulatedMaildrop(flaw).play(steps);
        return checkHistory(operations, { areLeasesKept }).some((violation) => violation.rule === rule);
      });
    assert(caught.length > 0, `in none of ${schedules} schedules`);
  });
}

const retrieved = (content: string, octets = 10): Operation => ({
  do: "retrieve",
  number: 1,
  content,
  octets,
  session: "s",
  maildrop: "m",
  from: 30,
  to: 40,
});

const shortSession = (session: string, from: number, uniqueIds = ["u1"]): readonly Operation[] => [
  { do: "login", outcome: "acknowledged", session, maildrop: "m", from, to: from + 1 },
  {
    do: "list",
    messages: uniqueIds.map((uniqueId, index) => ({ number: index + 1, uniqueId, octets: 10 })),
    session,
    maildrop: "m",
    from: from + 1,
    to: from + 2,
  },
];

const delivered: Operation = {
  do: "deliver",
  content: "c",
  outcome: "acknowledged",
  session: "d",
  maildrop: "m",
  from: 0,
  to: 1,
};

test("a message that is sent in another size than it was listed in is caught (RFC 1939 §11)", () => {
  const operations = [delivered, ...shortSession("s", 10), retrieved("c", 11)];
  assert.deepEqual(
    checkHistory(operations).map(({ rule }) => rule),
    ["octets-changed"],
  );
});

test("a QUIT without an answer explains that all is gone, or nothing", () => {
  const marks: readonly Operation[] = [
    { do: "mark", number: 1, outcome: "acknowledged", session: "s", maildrop: "m", from: 41, to: 42 },
    { do: "quit", outcome: "unknown", session: "s", maildrop: "m", from: 43, to: 44 },
  ];
  const before = [delivered, ...shortSession("s", 10), retrieved("c"), ...marks];
  assert.deepEqual(checkHistory([...before, ...shortSession("later", 50)]), []);
  assert.deepEqual(checkHistory([...before, ...shortSession("later", 50, [])]), []);
});

test("maildrops are checked each by itself", () => {
  const elsewhere = { ...delivered, maildrop: "other" };
  const found = checkHistory([elsewhere, ...shortSession("s", 10), retrieved("c")]);
  assert.partialDeepStrictEqual(found, [{ rule: "foreign-content", maildrop: "m" }]);
  assert.equal(found.length, 1);
});

test("operations are noted with the time around them, and counted by what they came to", () => {
  let now = 0;
  const history = new History(() => (now += 1));
  const delivering = history.begin("d", "m");
  history.begin("s", "m")({ do: "drop" });
  delivering({ do: "deliver", content: "c", outcome: "unknown" });
  assert.partialDeepStrictEqual(history.operations, [
    { do: "drop", from: 2, to: 3 },
    { do: "deliver", from: 1, to: 4 },
  ]);
  assert.deepEqual(history.counts(), { "deliver unknown": 1, drop: 1 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { dayCount, lossBy, policyIn, seesChoice, seesMost } from "./policy-choice.ts";

const untouched = {
  retentionDays: "",
  loginDelaySeconds: "",
  sees: "all",
  seesMost: "",
  deletion: "remove",
  undoDays: "",
};

/** As it is sent. */
const sent = (fields: Readonly<Record<string, string>>): unknown =>
  JSON.parse(JSON.stringify(policyIn({ ...untouched, ...fields })));

test("a form that nobody has touched asks for nothing in particular", () => {
  assert.deepEqual(sent({}), { removesRetrieved: false });
});

test("what is chosen is asked for, and what belongs to another choice is not", () => {
  assert.deepEqual(sent({ retentionDays: "30", loginDelaySeconds: "10", removesRetrieved: "on" }), {
    retentionDays: 30,
    loginDelaySeconds: 10,
    removesRetrieved: true,
  });
  assert.deepEqual(sent({ sees: "newest", seesMost: "5" }), { seesNewest: 5, removesRetrieved: false });
  assert.deepEqual(sent({ sees: "days", seesMost: "0" }), { seesDays: 0, removesRetrieved: false });
  assert.deepEqual(sent({ sees: "unfetched", seesMost: "5" }), {
    seesUnfetched: true,
    removesRetrieved: false,
  });
  assert.deepEqual(sent({ sees: "all", seesMost: "5", undoDays: "7" }), { removesRetrieved: false });
  assert.deepEqual(sent({ deletion: "hide", undoDays: "7" }), {
    deletion: "hide",
    undoDays: 7,
    removesRetrieved: false,
  });
  assert.deepEqual(sent({ deletion: "ignore" }), { deletion: "ignore", removesRetrieved: false });
});

test("a number of messages that is missing is none, and not 0, by which no mail would be shown", () => {
  assert.deepEqual(sent({ sees: "newest" }), { seesNewest: null, removesRetrieved: false });
  assert.deepEqual(sent({ sees: "days" }), { seesDays: null, removesRetrieved: false });
});

test("what holds is what the form shows", () => {
  assert.deepEqual([seesChoice(undefined), seesMost(undefined)], ["all", undefined]);
  assert.deepEqual([seesChoice({ newest: 3 }), seesMost({ newest: 3 })], ["newest", 3]);
  assert.deepEqual([seesChoice({ days: 0 }), seesMost({ days: 0 })], ["days", 0]);
  assert.deepEqual(
    [seesChoice({ unfetched: true }), seesMost({ unfetched: true })],
    ["unfetched", undefined],
  );
});

test("a loss is told when mail goes for good sooner than before, and only then", () => {
  assert.match(lossBy({ retentionDays: 30 }, {}) ?? "", /for 30 days is removed/);
  assert.match(lossBy({ retentionDays: 1 }, { retentionDays: 30 }) ?? "", /for 1 day is removed/);
  assert.equal(lossBy({ retentionDays: 30 }, { retentionDays: 30 }), undefined);
  assert.equal(lossBy({ retentionDays: 60 }, { retentionDays: 30 }), undefined);
  assert.equal(lossBy({}, { retentionDays: 30 }), undefined);
  assert.match(lossBy({ removesRetrieved: true }, {}) ?? "", /retrieves is removed/);
  assert.equal(lossBy({ removesRetrieved: true }, { removesRetrieved: true }), undefined);
});

test("one day is one day", () => {
  assert.deepEqual([dayCount(0), dayCount(1), dayCount(2)], ["0 days", "1 day", "2 days"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { AuditedLogins } from "./audited-logins.ts";

const alice = { subject: "alice@example.test", mechanism: "PLAIN", address: "192.0.2.1" };

test("an accepted login is news once a day for each name, place and mechanism", () => {
  let nowMs = 1_000_000;
  const audited = new AuditedLogins(() => nowMs);
  assert.deepEqual([audited.isNews(alice), audited.isNews(alice)], [true, false]);
  assert.equal(audited.isNews({ ...alice, address: "192.0.2.2" }), true);
  assert.equal(audited.isNews({ ...alice, mechanism: "USER" }), true);
  assert.equal(audited.isNews({ ...alice, subject: "bob@example.test" }), true);
  nowMs += 24 * 3600 * 1000 - 1;
  assert.equal(audited.isNews(alice), false);
  nowMs += 1;
  assert.deepEqual([audited.isNews(alice), audited.isNews(alice)], [true, false]);
});

test("what is remembered of them is bounded: the oldest is news again", () => {
  const audited = new AuditedLogins(() => 0);
  for (let number = 0; number <= 100_000; number += 1) audited.isNews({ ...alice, subject: `${number}` });
  assert.equal(audited.isNews({ ...alice, subject: "100000" }), false);
  assert.equal(audited.isNews({ ...alice, subject: "0" }), true);
});

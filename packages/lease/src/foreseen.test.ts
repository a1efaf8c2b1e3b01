import assert from "node:assert/strict";
import { test } from "node:test";
import { Availability } from "./availability.ts";
import { foreseen, RedisAwayError } from "./foreseen.ts";

test("an outage of Redis is told without a stack, whatever the driver calls it; a bug keeps its own", () => {
  const causes: unknown[] = [];
  const availability = new Availability("redis", {
    dependencyDown: ({ cause }) => void causes.push(cause),
    dependencyUp: () => undefined,
  });
  const fault = availability.lost(new Error("Command timed out"));
  const [told] = causes;
  assert.ok(told instanceof RedisAwayError && told.isForeseen);
  assert.equal(told.message, "Command timed out");
  assert.deepEqual(fault, { fault: "lease-store-down", cause: told });

  const bug = new TypeError("undefined is not a function");
  assert.equal(foreseen(bug), bug);
  const ofSystem = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  assert.equal(foreseen(ofSystem), ofSystem);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkReadiness, type DependencyCheck } from "./index.ts";

const up: DependencyCheck = {
  name: "redis",
  check: () => Promise.resolve({ isUp: true, detail: "Redis 7" }),
};

test("a server is ready when it is not draining and everything it needs is up", async () => {
  const ready = await checkReadiness({ dependencies: [up], isDraining: () => false });
  assert.deepEqual(ready, {
    isReady: true,
    isDraining: false,
    dependencies: [{ name: "redis", isUp: true, detail: "Redis 7" }],
  });
  assert.equal((await checkReadiness({ dependencies: [up], isDraining: () => true })).isReady, false);
});

test("a dependency whose check throws is down, by the code of the error and without its text", async () => {
  const err = Object.assign(new Error("password hunter2"), { code: "ECONNREFUSED" });
  const broken: DependencyCheck = { name: "postgres", check: () => Promise.reject(err) };
  const { isReady, dependencies } = await checkReadiness({
    dependencies: [up, broken],
    isDraining: () => false,
  });
  assert.equal(isReady, false);
  assert.deepEqual(dependencies[1], { name: "postgres", isUp: false, detail: "fails (ECONNREFUSED)" });
});

test("a dependency that does not answer within two seconds is down", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { promise } = Promise.withResolvers<never>();
  const silent: DependencyCheck = { name: "postgres", check: () => promise };
  const answer = checkReadiness({ dependencies: [silent], isDraining: () => false });
  t.mock.timers.tick(2000);
  const { dependencies } = await answer;
  assert.deepEqual(dependencies, [{ name: "postgres", isUp: false, detail: "does not answer" }]);
});

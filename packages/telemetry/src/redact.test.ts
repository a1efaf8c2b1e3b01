import assert from "node:assert/strict";
import { test } from "node:test";
import { redactUrls, withoutSecrets } from "./redact.ts";

test("an error is plain, with its causes, and without what a driver hangs on it", () => {
  const cause = new AggregateError([new Error("refused")], "all refused");
  const error = Object.assign(new TypeError("down", { cause }), {
    code: "ERR_INVALID_STATE",
    parameters: ["hunter2"],
  });
  const { cause: plain } = withoutSecrets({ cause: error });
  assert.deepEqual(
    JSON.parse(JSON.stringify(plain, (key, value: unknown) => (key === "stack" ? "stack" : value))),
    {
      type: "TypeError",
      message: "down",
      code: "ERR_INVALID_STATE",
      stack: "stack",
      cause: {
        type: "AggregateError",
        message: "all refused",
        stack: "stack",
        errors: [{ type: "Error", message: "refused", stack: "stack" }],
      },
    },
  );
});

test("what was to be expected has no stack, and its cause only if that says more", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
  const plain = { type: "Error", message: refused.message, code: "ECONNREFUSED" };
  assert.deepEqual(withoutSecrets({ err: refused })["err"], plain);
  const foreseen = (message: string): Error =>
    Object.assign(new Error(message, { cause: refused }), { code: "unreachable", isForeseen: true });
  assert.deepEqual(withoutSecrets({ err: foreseen(refused.message) })["err"], {
    ...plain,
    code: "unreachable",
  });
  assert.deepEqual(withoutSecrets({ err: foreseen("the database is away") })["err"], {
    type: "Error",
    message: "the database is away",
    code: "unreachable",
    cause: plain,
  });
  const bug = Object.assign(new Error("a bug"), { code: "refused", isForeseen: false });
  assert.match(JSON.stringify(withoutSecrets({ err: bug })), /"stack":"Error: a bug/);
});

test("keys that end like a secret are blotted out at any depth, others are not", () => {
  assert.deepEqual(
    withoutSecrets({
      passwords: 3,
      tokenCount: 1,
      a: [{ postgresPassword: "x", deeper: { clientSecret: "x", Authorization: "x" } }],
      password: undefined,
    }),
    {
      passwords: 3,
      tokenCount: 1,
      a: [
        {
          postgresPassword: "[redacted]",
          deeper: { clientSecret: "[redacted]", Authorization: "[redacted]" },
        },
      ],
      password: undefined,
    },
  );
});

test("octets are counted, not printed, and a circle ends", () => {
  const circle: Record<string, unknown> = { octets: new Uint8Array(3), id: 7n };
  circle["again"] = circle;
  const text = JSON.stringify(withoutSecrets(circle));
  assert.match(text, /"octets":"\[3 octets\]","id":"7"/);
  assert.match(text, /"again":"\[deeper\]"/);
});

test("a password in a URL goes, whatever is in it", () => {
  for (const password of ["p", "p@ss", "p:a/s?s#", "%40"]) {
    assert.equal(
      redactUrls(`cannot reach postgres://poplar:${password}@db.test:5432/poplar, alas`),
      "cannot reach postgres://poplar:[redacted]@db.test:5432/poplar, alas",
    );
  }
  assert.equal(redactUrls("see https://example.test:8080/x"), "see https://example.test:8080/x");
});

test("a line made by a stranger takes no longer than its length", () => {
  const before = process.cpuUsage();
  redactUrls("a://b:".repeat(20_000));
  redactUrls(`${"a".repeat(200_000)}://`);
  assert.ok(process.cpuUsage(before).user < 2_000_000);
});

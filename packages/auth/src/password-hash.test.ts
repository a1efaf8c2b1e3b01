import assert from "node:assert/strict";
import { test } from "node:test";
import { verify } from "@node-rs/argon2";
import fc from "fast-check";
import { type HashCost, hashOctets, hashPassword, passwordProblem, verifyOctets } from "./password-hash.ts";

const CHEAP: HashCost = { memoryKib: 8, passes: 1, lanes: 1 };

test("a stored verifier is an argon2id string with its cost, salted", async () => {
  const [one, other] = [await hashPassword("secret"), await hashPassword("secret")];
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one, other);
  assert.equal(await verify(one, "secret"), true);
});

test("verifiers made elsewhere, with another cost and kind, are understood", async () => {
  const reference = "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA";
  assert.equal(await verifyOctets(reference, Buffer.from("password")), true);
  assert.equal(await verifyOctets(reference, Buffer.from("Password")), false);
});

test("any octets match their own verifier and no other's, UTF-8 or not", async () => {
  const octets = fc.uint8Array({ maxLength: 64 });
  await fc.assert(
    fc.asyncProperty(octets, octets, async (one, other) => {
      const verifier = await hashOctets(one, CHEAP);
      assert.equal(await verifyOctets(verifier, one), true);
      assert.equal(await verifyOctets(verifier, other), Buffer.compare(one, other) === 0);
    }),
  );
});

test("what no client could send, or nobody should store, is no password", async () => {
  assert.equal(passwordProblem("correct horse"), undefined);
  assert.equal(passwordProblem(""), "empty");
  assert.equal(passwordProblem("a\r\nb"), "unsendable");
  assert.equal(passwordProblem("ü".repeat(257)), "too-long");
  await assert.rejects(hashPassword(""), RangeError);
});

import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { SecretBox, SecretBoxError } from "./secret-box.ts";
import { newSecretKeyLine, openSecretKeys, parseSecretKeys, SecretKeysError } from "./secret-keys.ts";

const key = (keyId: string, octet: number) => ({ keyId, octets: Buffer.alloc(32, octet) });
const OLD = new SecretBox([key("k1", 1)]);
const BOTH = new SecretBox([key("k1", 1), key("k2", 2)]);
const NEW = new SecretBox([key("k2", 2)]);

test("what is sealed is opened again, and is never twice the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const sealed = OLD.seal("p", text);
      assert.equal(OLD.open("p", sealed), text);
      assert.notEqual(OLD.seal("p", text), sealed);
    }),
  );
});

test("keys rotate: the newest seals, all of them open, and a key that is gone opens nothing", () => {
  const old = OLD.seal("p", "secret");
  assert.equal(BOTH.open("p", old), "secret");
  assert.deepEqual([BOTH.isOutdated(old), OLD.isOutdated(old)], [true, false]);
  assert.equal(NEW.open("p", BOTH.seal("p", "secret")), "secret");
  assert.throws(() => NEW.open("p", old), SecretBoxError);
  assert(BOTH.isFingerprint("p", "secret", OLD.fingerprint("p", "secret")));
  assert(!NEW.isFingerprint("p", "secret", OLD.fingerprint("p", "secret")));
});

test("what was sealed for one purpose, or was changed by one bit, is not opened", () => {
  const sealed = OLD.seal("p", "secret");
  assert.throws(() => OLD.open("q", sealed), SecretBoxError);
  const at = sealed.lastIndexOf(":") + 5;
  const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
  assert.throws(() => OLD.open("p", changed), SecretBoxError);
  for (const text of ["", "sealed:", "sealed:k1:", "sealed:k1:AAAA", "secret"]) {
    assert.throws(() => OLD.open("p", text), SecretBoxError, text);
  }
});

test("a fingerprint tells nothing of another purpose or text", () => {
  const fingerprint = OLD.fingerprint("p", "secret");
  assert(OLD.isFingerprint("p", "secret", fingerprint));
  assert(!OLD.isFingerprint("q", "secret", fingerprint));
  assert(!OLD.isFingerprint("p", "Secret", fingerprint));
});

test("a file of keys is made once, for its owner's eyes alone, and read again", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "poplar-keys-"));
  t.after(async () => rm(folder, { recursive: true }));
  const file = join(folder, "secret-keys");
  await assert.rejects(openSecretKeys(file, { mayCreate: false }), SecretKeysError);
  const keys = await openSecretKeys(file, { mayCreate: true });
  assert.deepEqual(await openSecretKeys(file, { mayCreate: true }), keys);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await writeFile(file, "k1 short\n");
  await assert.rejects(openSecretKeys(file, { mayCreate: true }), /secret-keys.*line 1/);
});

test("the lines of a file of keys keep their order", () => {
  const text = `# keys\n\n${newSecretKeyLine("k1")}${newSecretKeyLine("k2")}`;
  assert.deepEqual(
    parseSecretKeys(text).map(({ keyId, octets }) => [keyId, octets.length]),
    [
      ["k1", 32],
      ["k2", 32],
    ],
  );
  for (const wrong of ["", "# none\n", `${newSecretKeyLine("k1")}${newSecretKeyLine("k1")}`]) {
    assert.throws(() => parseSecretKeys(wrong), SecretKeysError);
  }
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Credential, Login } from "@poplar/maildrop";
import { generateSync } from "otplib";
import { newAppPassword } from "./app-password.ts";
import { createCredentialMaker } from "./credential-maker.ts";
import { ALICE, BOX, CHEAP, door, PEER, type TestDoor } from "./test-fixture.ts";
import { totpStep } from "./totp.ts";

const MAKER = createCredentialMaker({ box: BOX, hashCost: CHEAP, issuer: "Example" });
const NOW_MS = Date.parse("2026-11-24T12:00:10Z");
const BAD = { fault: "bad-credentials" };
const NAME = "tina@example.test";

interface Bench extends TestDoor {
  readonly code: (stepsLater?: number) => string;
}

/** Somebody with one-time codes, and what else is given. */
async function bench(
  mayFollowPassword: boolean,
  more: readonly Credential[] = [],
  change = {},
): Promise<Bench> {
  const { passwordVerifier, others } = await MAKER.ofPassword("secret", { isSharedSecret: true });
  const { credential, secret } = MAKER.enrolTotp(NAME, { mayFollowPassword });
  const made = [{ kind: "password", verifier: passwordVerifier } as const, ...others, credential].map(
    (each, index): Credential => Object.assign({ credentialId: 500 + index }, each),
  );
  const login: Login = { ...ALICE, loginId: 50, name: NAME, credentials: [...made, ...more], ...change };
  const opened = await door({ box: BOX, mechanisms: ["USER", "APOP", "PLAIN"], nowMs: () => NOW_MS }, [
    login,
  ]);
  const code = (stepsLater = 0): string =>
    generateSync({ secret, epoch: Math.floor(NOW_MS / 1000) + 30 * stepsLater });
  return { ...opened, code };
}

test("the test vectors of the RFC are the steps that they belong to (RFC 6238 B)", () => {
  // The secret of the RFC, "12345678901234567890", in base32; the last six digits of the vectors.
  const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  for (const [seconds, code] of [
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_234_567_890, "005924"],
    [20_000_000_000, "353130"],
  ] as const) {
    assert.equal(totpStep(secret, code, seconds * 1000), Math.floor(seconds / 30));
    assert.equal(totpStep(secret, code, (seconds + 90) * 1000), undefined);
  }
  for (const wrong of ["", "28708", "2870822", "28708a"])
    assert.equal(totpStep(secret, wrong, 59_000), undefined);
});

test("with one-time codes the right password alone opens nothing, and the log says why", async () => {
  const { verify, authenticator, reason, hashed } = await bench(false);
  assert.deepEqual(await verify(NAME, "secret"), BAD);
  assert.equal(reason(), "second-factor-needed");
  assert.deepEqual(await verify(NAME, "wrong"), BAD);
  assert.equal(reason(), "wrong-password");
  assert.equal(hashed.length, 2);
  // Nor does anything else that is made from it.
  const timestamp = "<1@pop.example.test>";
  const digest = createHash("md5").update(`${timestamp}secret`).digest("hex");
  assert.deepEqual(await authenticator.verifyApop(NAME, digest, timestamp, PEER), BAD);
  assert.equal(reason(), "second-factor-needed");
});

test("a code at the end of the password opens, once, where that is switched on", async () => {
  const { verify, code, reason } = await bench(true);
  assert.partialDeepStrictEqual(await verify(NAME, `secret${code()}`), { login: NAME });
  assert.deepEqual(await verify(NAME, `secret${code()}`), BAD);
  assert.equal(reason(), "second-factor-wrong");
  assert.deepEqual(await verify(NAME, `wrong${code(1)}`), BAD);
  assert.equal(reason(), "wrong-password");
  assert.partialDeepStrictEqual(await verify(NAME, `secret${code(1)}`), { login: NAME });
  // Older than the last one that was used, though it would do by the clock.
  assert.deepEqual(await verify(NAME, `secret${code(-1)}`), BAD);
  assert.deepEqual(await verify(NAME, "secret"), BAD);
  assert.equal(reason(), "second-factor-needed");
});

test("codes are not guessed beside a right password, from whatever addresses; its owner's tries count for nothing (RFC 4226 §7.3)", async () => {
  const { authenticator, code, reason } = await bench(true);
  let addresses = 0;
  const from = async (address: string, shown: string): Promise<unknown> =>
    authenticator.verifyPassword(NAME, Buffer.from(`secret${shown}`), { ...PEER, address });
  const guess = async (shown: number): Promise<unknown> => {
    addresses += 1;
    return from(`10.${addresses >> 8}.${addresses & 255}.1`, String(shown).padStart(6, "0"));
  };
  const right = new Set([code(-1), code(), code(1)]);
  const wrong = Array.from({ length: 100 }, (_, number) => number).filter(
    (number) => !right.has(String(number).padStart(6, "0")),
  );
  for (const number of wrong.slice(0, 19)) assert.deepEqual(await guess(number), BAD);
  // One that is shown again and again is not a guess.
  for (let time = 0; time < 30; time += 1) assert.deepEqual(await guess(wrong[0]!), BAD);
  assert.equal(reason(), "second-factor-wrong");
  assert.partialDeepStrictEqual(await from("192.0.2.1", code()), { login: NAME });
  // All at once, too.
  await Promise.all(wrong.slice(20, 60).map(guess));
  assert.deepEqual(await from("192.0.2.1", code(1)), BAD);
  assert.equal(reason(), "second-factor-guessed");
});

test("a code at the end opens nothing where that is not switched on", async () => {
  const { verify, code } = await bench(false);
  assert.deepEqual(await verify(NAME, `secret${code()}`), BAD);
});

const app = (credentialId: number, change: Partial<Credential> = {}): [string, Credential] => {
  const { password, verifier } = MAKER.newAppPassword();
  return [password, { credentialId, kind: "app-password", verifier, label: `app${credentialId}`, ...change }];
};

test("an app password opens beside one-time codes, however it is grouped, and its use is noted", async () => {
  const [password, credential] = app(600, { scopes: ["pop"] });
  const { verify, exchange, logins, hashed } = await bench(false, [credential]);
  for (const typed of [password, password.replaceAll("-", ""), password.replaceAll("-", " ").toUpperCase()]) {
    assert.partialDeepStrictEqual(await verify(NAME, typed), { login: NAME });
  }
  assert.partialDeepStrictEqual(await exchange("PLAIN", [`\0${NAME}\0${password}`]), { login: NAME });
  assert.deepEqual([logins.used, hashed], [[600], []]);
});

test("an app password opens one login, from its networks, for its purpose and until it ends", async () => {
  const [elsewhere, network] = app(601, { networks: ["198.51.100.0/24"] });
  const [sending, scope] = app(602, { scopes: ["smtp"] });
  const [old, expired] = app(603, { expiresAt: new Date(NOW_MS) });
  const { verify, reason } = await bench(false, [network, scope, expired]);
  for (const [password, why] of [
    [elsewhere, "network-not-allowed"],
    [sending, "scope-missing"],
    [old, "credential-expired"],
    [newAppPassword(), "wrong-password"],
  ]) {
    assert.deepEqual(await verify(NAME, password ?? ""), BAD);
    assert.equal(reason(), why);
  }
  const [password, good] = app(604);
  const other = await bench(false, [good]);
  assert.deepEqual(await other.verify("alice@example.test", password), BAD);
});

test("app passwords are long, and never twice the same", () => {
  const made = Array.from({ length: 1000 }, newAppPassword);
  assert.equal(new Set(made).size, 1000);
  for (const password of made) assert.match(password, /^(?:[a-km-z2-9]{4}-){4}[a-km-z2-9]{4}$/);
});

test("without a key there are passwords and nothing else", async () => {
  const poor = createCredentialMaker({ hashCost: CHEAP });
  assert.equal(poor.canSeal, false);
  assert.deepEqual((await poor.ofPassword("secret", { isSharedSecret: false })).others, []);
  await assert.rejects(poor.ofPassword("secret", { isSharedSecret: true }), RangeError);
  const whyNot = (stored: string): string => {
    const made = poor.ofStored(stored, { isSharedSecret: false });
    return typeof made === "string" ? made : assert.fail(stored);
  };
  assert.match(whyNot("{PLAIN}secret"), /no key/);
  assert.match(whyNot("{NOPE}secret"), /NOPE is not known/);
  assert.doesNotMatch(whyNot("hunter2"), /hunter2/);
});

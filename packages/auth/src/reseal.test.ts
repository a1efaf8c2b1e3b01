import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Credential, Login, NewCredential } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { createCredentialMaker } from "./credential-maker.ts";
import { scramClient } from "./scram-client-fixture.ts";
import { SecretBox } from "./secret-box.ts";
import { ALICE, CHEAP, door, PEER, type TestDoor } from "./test-fixture.ts";

const TIM = "tim@example.test";
const [OLD, NEW] = ["old", "new"].map((keyId) => ({ keyId, octets: randomBytes(32) }));
assert(OLD !== undefined && NEW !== undefined);
const MECHANISMS = ["USER", "APOP", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"];

/** A login with all that can be sealed, under the old key. */
async function oldLogin(): Promise<{ readonly login: Login; readonly appPassword: string }> {
  const maker = createCredentialMaker({ box: new SecretBox([OLD!]), hashCost: CHEAP });
  const { passwordVerifier, others } = await maker.ofPassword("pencil", { isSharedSecret: true });
  const second = maker.ofStored("{PLAIN}crayon", { isSharedSecret: true });
  assert(typeof second === "object");
  const app = maker.newAppPassword();
  const label = "second";
  const made: readonly NewCredential[] = [
    { kind: "password", verifier: passwordVerifier },
    ...others,
    { kind: "password", verifier: second.passwordVerifier, label },
    ...second.others.map(({ kind, verifier }) => ({ kind, verifier, label })),
    { kind: "app-password", verifier: app.verifier, label: "phone" },
  ];
  const credentials = made.map((each, index) => Object.assign({ credentialId: 50 + index }, each));
  return { login: { ...ALICE, loginId: 20, name: TIM, credentials }, appPassword: app.password };
}

async function stored({ logins }: TestDoor): Promise<Login> {
  const login = await logins.findLogin(TIM);
  assert(login !== undefined && !isFault(login));
  return login;
}

const underOld = ({ credentials }: Login): readonly Credential[] =>
  credentials.filter(({ verifier }) => verifier.startsWith("sealed:old:") || verifier.startsWith("old:"));

/** Waits until so many verifiers are left under the old key. */
async function untilLeft(place: TestDoor, count: number): Promise<Login> {
  for (;;) {
    const login = await stored(place);
    if (underOld(login).length === count) return login;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("after a rotation a login seals again all that it has, and the old key can go", async () => {
  const { login, appPassword } = await oldLogin();
  const both = await door({ box: new SecretBox([OLD, NEW]), mechanisms: MECHANISMS }, [login]);
  assert.equal(underOld(login).length, 6);
  assert.partialDeepStrictEqual(await both.verify(TIM, "pencil"), { login: TIM });
  // What is kept of an app password can be made anew only when it is shown.
  await untilLeft(both, 1);
  assert.partialDeepStrictEqual(await both.verify(TIM, appPassword), { login: TIM });
  const renewed = await untilLeft(both, 0);

  const alone = await door({ box: new SecretBox([NEW]), mechanisms: MECHANISMS }, [renewed]);
  for (const password of ["pencil", "crayon", appPassword]) {
    assert.partialDeepStrictEqual(await alone.verify(TIM, password), { login: TIM }, password);
  }
  for (const secret of ["pencil", "crayon"]) {
    const timestamp = alone.authenticator.apopTimestamp(PEER) ?? "";
    const digest = createHash("md5").update(`${timestamp}${secret}`).digest("hex");
    const opened = await alone.authenticator.verifyApop(TIM, digest, timestamp, PEER);
    assert.partialDeepStrictEqual(opened, { login: TIM }, `APOP by ${secret}`);
    const hmac = (challenge: string): string => createHmac("md5", secret).update(challenge).digest("hex");
    const answers = [undefined, (challenge: string): string => `${TIM} ${hmac(challenge)}`];
    const byCram = await alone.exchange("CRAM-MD5", answers);
    assert.partialDeepStrictEqual(byCram, { login: TIM }, `CRAM-MD5 by ${secret}`);
  }
  for (const [mechanism, hash] of [
    ["SCRAM-SHA-1", "sha1"],
    ["SCRAM-SHA-256", "sha256"],
  ] as const) {
    const opened = await alone.exchange(mechanism, scramClient(hash, TIM, "pencil"));
    assert.partialDeepStrictEqual(opened, { login: TIM }, mechanism);
  }
});

test("whoever is refused changes nothing, and with one key nothing is written", async () => {
  const { login } = await oldLogin();
  const both = await door({ box: new SecretBox([OLD, NEW]), mechanisms: MECHANISMS }, [login]);
  assert.deepEqual(await both.verify(TIM, "wrong"), { fault: "bad-credentials" });
  const single = await door({ box: new SecretBox([OLD]), mechanisms: MECHANISMS }, [login]);
  assert.partialDeepStrictEqual(await single.verify(TIM, "pencil"), { login: TIM });
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const place of [both, single]) assert.deepEqual((await stored(place)).credentials, login.credentials);
});

test("a secret that cannot be opened is an error in the log, and keeps nobody out", async () => {
  const { login } = await oldLogin();
  const broken = { credentialId: 99, kind: "totp", verifier: "sealed:older:AAAA", label: "x" } as const;
  const app = login.credentials.filter(({ kind }) => kind !== "totp");
  const place = await door({ box: new SecretBox([OLD, NEW]), mechanisms: MECHANISMS }, [
    { ...login, credentials: [...app, { ...broken, kind: "cram-md5" }] },
  ]);
  assert.partialDeepStrictEqual(await place.verify(TIM, "pencil"), { login: TIM });
  await untilLeft(place, 1);
  while (!place.logged.some(({ event }) => event === "verifier-not-resealed")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
});

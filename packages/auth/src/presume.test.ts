import assert from "node:assert/strict";
import { test } from "node:test";
import type { Login, Peer, RememberedLogin } from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import type { AuthenticatorOptions } from "./authenticator.ts";
import { ALICE, door, MemoryLogins, PEER } from "./test-fixture.ts";

const BAD = { fault: "bad-credentials" };

/** Remembers what it found last, as the directory in Postgres does. */
class RememberingLogins extends MemoryLogins {
  readonly #last = new Map<string, RememberedLogin>();

  override async findFirstLogin(names: readonly string[]): Promise<Login | undefined | Fault> {
    const login = await super.findFirstLogin(names);
    if (login !== undefined && !isFault(login)) {
      this.#last.set(names.join(), { login, stamp: { names, text: `read ${this.asked}` } });
    }
    return login;
  }

  lastFound(names: readonly string[]): RememberedLogin | undefined {
    return this.#last.get(names.join());
  }
}

/** A door at which alice, with this of her own, came in by her password once. */
async function usual(own: Partial<Login> = {}, options: Partial<AuthenticatorOptions> = {}) {
  const { logins: plain } = await door();
  const alice = await plain.findLogin(ALICE.name);
  assert(alice !== undefined && !isFault(alice));
  const logins = new RememberingLogins([{ ...alice, ...own }]);
  const lab = await door({ directory: logins, ...options });
  await lab.verify(ALICE.name, "secret");
  logins.asked = 0;
  const come = async (password = "secret", peer: Peer = PEER) =>
    lab.authenticator.verifyPassword(ALICE.name, Buffer.from(password), peer);
  return { ...lab, logins, come };
}

test("who was here with the same password is presumed to be let in, and nobody is asked", async () => {
  const { come, logins } = await usual();
  const verdict = await come();
  assert.partialDeepStrictEqual(verdict, { login: ALICE.name, maildropId: 7, mechanism: "USER" });
  assert(!isFault(verdict));
  assert.equal(verdict.presumed?.stamp.text, "read 1");
  assert.equal(logins.asked, 0);
});

test("it is in the audit once it is confirmed", async () => {
  const { come, audited } = await usual();
  const verdict = await come();
  assert(!isFault(verdict));
  assert.equal(audited.length, 1);
  verdict.presumed?.confirmed();
  assert.partialDeepStrictEqual(audited[1], { subject: ALICE.name, outcome: "done", mechanism: "USER" });
});

test("asked after all, it is judged as any other: a login that was disabled meanwhile stays shut", async () => {
  const { come, logins, audited } = await usual();
  const verdict = await come();
  assert(!isFault(verdict));
  await logins.change(ALICE.name, { isDisabled: true });
  assert.deepEqual(await verdict.presumed?.ask(), BAD);
  assert.partialDeepStrictEqual(audited[1], { subject: ALICE.name, outcome: "login-disabled" });
  assert.equal(logins.asked, 1);
});

test("asked after all, a login that has changed in something else opens, and nothing is presumed twice", async () => {
  const { come, logins } = await usual();
  const verdict = await come();
  assert(!isFault(verdict));
  await logins.change(ALICE.name, { version: 2 });
  const asked = await verdict.presumed?.ask();
  assert.partialDeepStrictEqual(asked, { login: ALICE.name, maildropId: 7 });
  assert(asked !== undefined && !("presumed" in asked));
});

test("nothing is presumed of another password, from another address, and after a wrong one from there", async () => {
  const { come, logins } = await usual();
  assert.deepEqual(await come("wrong"), BAD);
  for (const address of [PEER.address, "192.0.2.99"]) {
    const verdict = await come("secret", { ...PEER, address });
    assert(!isFault(verdict) && verdict.presumed === undefined, address);
  }
  assert.equal(logins.asked, 3);
});

const inTheWay: readonly (readonly [string, Partial<Login>])[] = [
  ["a delay between logins", { policy: { loginDelaySeconds: 60 } }],
  ["no place that it may come from", { restrictions: { networks: ["10.0.0.0/8"], requiresTls: false } }],
  ["being disabled", { isDisabled: true }],
];

for (const [what, own] of inTheWay) {
  test(`nothing is presumed of a login with ${what}`, async () => {
    const { come, logins } = await usual(own);
    await come();
    assert.equal(logins.asked, 1);
  });
}

test("PLAIN is presumed, too, unless it acts for somebody. RFC 4616 §2", async () => {
  const { exchange, logins } = await usual();
  const own = await exchange("PLAIN", [`\0${ALICE.name}\0secret`]);
  assert(typeof own === "object" && "presumed" in own && own.presumed !== undefined);
  assert.equal(logins.asked, 0);
  const acting = await exchange("PLAIN", [`${ALICE.name}\0${ALICE.name}\0secret`]);
  assert.partialDeepStrictEqual(acting, { login: ALICE.name, mechanism: "PLAIN" });
  assert(typeof acting === "object" && !("presumed" in acting));
  assert.notEqual(logins.asked, 0);
});

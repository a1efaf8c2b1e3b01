import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Credential, CredentialKind, Login } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import type { AuthenticatorOptions } from "./authenticator.ts";
import { hashOctets } from "./password-hash.ts";
import { readStoredPassword } from "./password-scheme.ts";
import { scramClient } from "./scram-client-fixture.ts";
import { ALICE, BOX, CHEAP, door, type TestDoor } from "./test-fixture.ts";

const OLD = "old@example.test";
const CRYPTED =
  "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";

/** A login that came with a verifier from elsewhere. */
const imported = (verifier: string, change: Partial<Credential> = {}): Login => {
  const credentials: Credential[] = [{ credentialId: 400, kind: "password", verifier, ...change }];
  return { ...ALICE, loginId: 22, name: OLD, credentials };
};

const open = async (login: Login, change: Partial<AuthenticatorOptions> = {}): Promise<TestDoor> =>
  door({ box: BOX, ...change }, [login]);

async function credentialsOf({ logins }: TestDoor): Promise<readonly Credential[]> {
  const login = await logins.findLogin(OLD);
  assert(login !== undefined && !isFault(login));
  return login.credentials;
}

/** Logs in, and waits until what that upgrades is stored. */
async function enter(place: TestDoor, password: string): Promise<readonly Credential[]> {
  const replaced = place.logins.untilReplaced();
  assert.partialDeepStrictEqual(await place.verify(OLD, password), { maildropId: 7 });
  await replaced;
  return credentialsOf(place);
}

const kindsOf = (credentials: readonly Credential[]): readonly CredentialKind[] =>
  credentials.map(({ kind }) => kind);

test("an imported password is upgraded to argon2id at the first login, and opens ever after", async () => {
  const place = await open(imported(CRYPTED));
  assert.deepEqual(await place.verify(OLD, "wrong"), { fault: "bad-credentials" });
  const [upgraded] = await enter(place, "Hello world!");
  assert.match(upgraded!.verifier, /^\$argon2id\$/);
  assert(await readStoredPassword(upgraded!.verifier).matches(Buffer.from("Hello world!")));
  assert.partialDeepStrictEqual(await place.verify(OLD, "Hello world!"), { maildropId: 7 });
});

test("from then on SCRAM opens, too, which it did not before (RFC 5802 §3)", async () => {
  const place = await open(imported(CRYPTED));
  const byScram = async (hash: "sha1" | "sha256", password: string) =>
    place.exchange(hash === "sha1" ? "SCRAM-SHA-1" : "SCRAM-SHA-256", scramClient(hash, OLD, password));
  assert.deepEqual(await byScram("sha256", "Hello world!"), { fault: "bad-credentials" });
  assert.equal(place.reason(), "no-such-credential");
  await enter(place, "Hello world!");
  for (const hash of ["sha1", "sha256"] as const) {
    assert.partialDeepStrictEqual(await byScram(hash, "Hello world!"), { login: OLD });
    assert.deepEqual(await byScram(hash, "wrong"), { fault: "bad-credentials" });
  }
});

test("a hash of ours that came alone stays as it is, and gets what SCRAM needs beside it", async () => {
  const verifier = await hashOctets(Buffer.from("pencil"), CHEAP);
  const credentials = await enter(await open(imported(verifier)), "pencil");
  assert.equal(credentials[0]?.verifier, verifier);
  assert.deepEqual(kindsOf(credentials), ["password", "scram-sha-1", "scram-sha-256"]);
});

test("nothing is made for mechanisms that the operator does not offer, or has forbidden this login", async () => {
  const without = await open(imported(CRYPTED), { mechanisms: ["USER", "PLAIN"] });
  assert.deepEqual(kindsOf(await enter(without, "Hello world!")), ["password"]);
  const one = await open(imported(CRYPTED), { mechanisms: ["USER", "SCRAM-SHA-256-PLUS"] });
  assert.deepEqual(kindsOf(await enter(one, "Hello world!")), ["password", "scram-sha-256"]);
  const forbidden = { ...imported(CRYPTED), restrictions: { mechanisms: ["USER"] } };
  assert.deepEqual(kindsOf(await enter(await open(forbidden), "Hello world!")), ["password"]);
});

test("nothing is made of a second password, of one that is no text, or where nothing can be sealed", async () => {
  const second = await open(imported(CRYPTED, { label: "second" }));
  assert.deepEqual(kindsOf(await enter(second, "Hello world!")), ["password"]);
  const keyless = await door({}, [imported(CRYPTED)]);
  assert.deepEqual(kindsOf(await enter(keyless, "Hello world!")), ["password"]);
  const latin1 = Buffer.from("p\xe9re", "latin1");
  const place = await open(imported(`{SHA}${createHash("sha1").update(latin1).digest("base64")}`));
  const replaced = place.logins.untilReplaced();
  assert.partialDeepStrictEqual(await place.verify(OLD, latin1), { maildropId: 7 });
  await replaced;
  assert.deepEqual(kindsOf(await credentialsOf(place)), ["password"]);
});

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import type { Credential, Login, NewCredential, Peer } from "@poplar/maildrop";
import { createCredentialMaker } from "./credential-maker.ts";
import { hmacMd5State } from "./hmac-md5-state.ts";
import { scramClient } from "./scram-client-fixture.ts";
import { ALICE, BOX, CHEAP, door, PEER, type TestDoor } from "./test-fixture.ts";

const MAKER = createCredentialMaker({ box: BOX, hashCost: CHEAP });
const EVERYTHING = [
  ["USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "EXTERNAL"],
  ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"],
].flat();

/** Credentials as they are once they are stored. */
const numbered = (first: number, made: readonly NewCredential[]): readonly Credential[] =>
  made.map((credential, index) => Object.assign({ credentialId: first + index }, credential));

/** A login with everything that can be made from a password. */
async function loginWith(password: string, change: Partial<Login> = {}): Promise<Login> {
  const { passwordVerifier, others } = await MAKER.ofPassword(password, { isSharedSecret: true });
  const credentials = numbered(100, [{ kind: "password", verifier: passwordVerifier }, ...others]);
  return { ...ALICE, loginId: 20, name: "tim@example.test", maildropId: 20, credentials, ...change };
}

const open = async (logins: readonly Login[], change = {}): Promise<TestDoor> =>
  door({ box: BOX, mechanisms: EVERYTHING, hostname: "pop.example.test", ...change }, logins);

test("APOP: the digest of the RFC opens, another does not (RFC 1939 §7)", async () => {
  const { authenticator, reason } = await open([await loginWith("tanstaaf")]);
  const timestamp = "<1896.697170952@dbc.mtview.ca.us>";
  const right = "c4c9334bac560ecc979e58001b3e22fb";
  const opened = await authenticator.verifyApop("tim@example.test", right, timestamp, PEER);
  assert.partialDeepStrictEqual(opened, { maildropId: 20, mechanism: "APOP" });
  for (const [name, digest] of [
    ["tim@example.test", right.replace("c", "d")],
    ["tim@example.test", right.toUpperCase()],
    ["alice@example.test", right],
    ["nobody@example.test", right],
  ] as const) {
    assert.deepEqual(await authenticator.verifyApop(name, digest, timestamp, PEER), {
      fault: "bad-credentials",
    });
  }
  assert.equal(reason(), "unknown-name");
});

test("APOP: the timestamp is a msg-id, never twice the same, and absent where APOP is off (RFC 1939 §7)", async () => {
  const { authenticator } = await open([]);
  const timestamps = Array.from({ length: 100 }, () => authenticator.apopTimestamp(PEER));
  assert.equal(new Set(timestamps).size, 100);
  for (const timestamp of timestamps) assert.match(timestamp ?? "", /^<[\w.]+@pop\.example\.test>$/);
  assert.equal((await door({ box: BOX })).authenticator.apopTimestamp(PEER), undefined);
  assert.equal((await door({ mechanisms: ["APOP"] })).authenticator.apopTimestamp(PEER), undefined);
});

test("PLAIN and LOGIN open by name and password (RFC 4616 §2)", async () => {
  const { exchange } = await open([]);
  const opened = { login: "alice@example.test", maildropId: 7 };
  assert.partialDeepStrictEqual(await exchange("PLAIN", ["\0alice@example.test\0secret"]), opened);
  assert.partialDeepStrictEqual(await exchange("plain", [undefined, "\0alice@example.test\0secret"]), opened);
  assert.partialDeepStrictEqual(await exchange("LOGIN", [undefined, "alice@example.test", "secret"]), opened);
  assert.deepEqual(await exchange("PLAIN", ["\0alice@example.test\0wrong"]), { fault: "bad-credentials" });
});

/** CRAM-MD5 as a client computes it. RFC 2195 §2. */
const cram = (name: string, secret: string) => (challenge: string) =>
  `${name} ${createHmac("md5", secret).update(challenge).digest("hex")}`;

test("CRAM-MD5 opens by the shared secret, and by what Dovecot has stored (RFC 2195 §2)", async () => {
  const state = Buffer.from(hmacMd5State(Buffer.from("imported"))).toString("hex");
  const made = MAKER.ofStored(`{CRAM-MD5}${state}`, { isSharedSecret: false });
  assert(typeof made !== "string");
  const credentials = numbered(200, [{ kind: "password", verifier: made.passwordVerifier }, ...made.others]);
  const imported = { ...ALICE, loginId: 21, name: "imported@example.test", maildropId: 21, credentials };
  const { exchange, verify } = await open([await loginWith("tanstaaftanstaaf"), imported]);
  for (const [name, secret, maildropId] of [
    ["tim@example.test", "tanstaaftanstaaf", 20],
    ["imported@example.test", "imported", 21],
  ] as const) {
    assert.partialDeepStrictEqual(await exchange("CRAM-MD5", [undefined, cram(name, secret)]), {
      maildropId,
    });
    const wrong = await exchange("CRAM-MD5", [undefined, cram(name, "wrong")]);
    assert.deepEqual(wrong, { fault: "bad-credentials" });
  }
  assert.partialDeepStrictEqual(await verify("imported@example.test", "imported"), { maildropId: 21 });
});

test("DIGEST-MD5 opens by the shared secret (RFC 2831 §2.1.2)", async () => {
  const { exchange } = await open([await loginWith("secret word")]);
  const answer = (challenge: string): string => {
    const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? "";
    const md5 = (octets: string | Buffer): Buffer => createHash("md5").update(octets).digest();
    const uri = "pop/pop.example.test";
    const secret = md5("tim@example.test:pop.example.test:secret word");
    const session = md5(Buffer.concat([secret, Buffer.from(`:${nonce}:cnonce`)])).toString("hex");
    const target = md5(`AUTHENTICATE:${uri}`).toString("hex");
    const response = md5(`${session}:${nonce}:00000001:cnonce:auth:${target}`).toString("hex");
    return `username="tim@example.test",realm="pop.example.test",nonce="${nonce}",cnonce="cnonce",nc=00000001,qop=auth,digest-uri="${uri}",response=${response}`;
  };
  assert.partialDeepStrictEqual(await exchange("DIGEST-MD5", [undefined, answer, ""]), { maildropId: 20 });
});

test("SCRAM opens by the verifier that was made with the password (RFC 5802, RFC 7677)", async () => {
  const { exchange, reason } = await open([await loginWith("pencil")]);
  for (const [mechanism, hash] of [
    ["SCRAM-SHA-1", "sha1"],
    ["SCRAM-SHA-256", "sha256"],
  ] as const) {
    const right = scramClient(hash, "tim@example.test", "pencil");
    assert.partialDeepStrictEqual(await exchange(mechanism, right), { maildropId: 20, mechanism });
    const wrong = scramClient(hash, "tim@example.test", "crayon");
    assert.deepEqual(await exchange(mechanism, wrong), { fault: "bad-credentials" });
    assert.equal(reason(), "wrong-proof");
  }
});

test("SCRAM: a name that nobody has is shown a salt that stays the same, as one that somebody has", async () => {
  const salts = async (name: string): Promise<unknown[]> => {
    const challenges = [];
    // Two processes, as after a restart or on another node.
    for (const { exchange } of [await open([]), await open([])]) {
      const asked = await exchange("SCRAM-SHA-256", [`n,,n=${name},r=x`]);
      assert("challenge" in Object(asked));
      challenges.push(/s=([^,]+),i=4096$/.exec(JSON.stringify(asked).slice(0, -2))?.[1]);
    }
    return challenges;
  };
  const [first, second] = await salts("nobody@example.test");
  assert.equal(Buffer.from(String(first), "base64").length, 16);
  assert.equal(first, second);
  assert.notEqual((await salts("somebody@example.test"))[0], first);
  // Somebody without a verifier is no different.
  const [without, again] = await salts("alice@example.test");
  assert.equal(without, again);
});

const TLS: Peer = { ...PEER, channelBindings: () => new Map([["tls-exporter", Buffer.from("bound")]]) };

test("SCRAM-PLUS binds to the channel, and a client that was lied to about it is refused (RFC 5802 §6)", async () => {
  const { authenticator, exchange, reason } = await open([await loginWith("pencil")]);
  assert(authenticator.mechanisms(TLS).includes("SCRAM-SHA-256-PLUS"));
  assert(!authenticator.mechanisms(PEER).includes("SCRAM-SHA-256-PLUS"));
  const bound = scramClient("sha256", "tim@example.test", "pencil", {
    gs2: "p=tls-exporter,,",
    binding: "bound",
  });
  assert.partialDeepStrictEqual(await exchange("SCRAM-SHA-256-PLUS", bound, TLS), { maildropId: 20 });
  const elsewhere = scramClient("sha256", "tim@example.test", "pencil", {
    gs2: "p=tls-exporter,,",
    binding: "other",
  });
  assert.deepEqual(await exchange("SCRAM-SHA-256-PLUS", elsewhere, TLS), { fault: "bad-credentials" });
  assert.equal(reason(), "wrong-channel-binding");
  const deceived = scramClient("sha256", "tim@example.test", "pencil", { gs2: "y,," });
  assert.deepEqual(await exchange("SCRAM-SHA-256", deceived, TLS), { fault: "bad-credentials" });
  assert.partialDeepStrictEqual(await exchange("SCRAM-SHA-256", deceived, PEER), { maildropId: 20 });
});

test("EXTERNAL opens by fingerprint, subject or address of the client certificate (RFC 4422 A)", async () => {
  const fingerprint = "ab".repeat(32);
  const certificate = (emails: readonly string[], subject = "CN=x", print = "00"): Peer => ({
    ...PEER,
    clientCertificate: () => ({ subject, emails, fingerprint: print }),
  });
  const mapped = ["subject:CN=tim,O=Example", `sha256:${fingerprint}`, "email:tim@work.test"];
  const credentials = mapped.map(
    (verifier, index): Credential => ({ credentialId: 300 + index, kind: "client-certificate", verifier }),
  );
  const { exchange, authenticator, logins } = await open([{ ...(await loginWith("x")), credentials }]);
  const tim = { maildropId: 20, mechanism: "EXTERNAL" };
  for (const peer of [
    certificate([], "CN=tim,O=Example"),
    certificate([], "CN=x", fingerprint),
    certificate(["Tim@Work.test"]),
  ]) {
    assert.partialDeepStrictEqual(await exchange("EXTERNAL", [""], peer), tim);
    assert.partialDeepStrictEqual(await exchange("EXTERNAL", ["tim@example.test"], peer), tim);
    assert.deepEqual(await exchange("EXTERNAL", ["alice@example.test"], peer), { fault: "bad-credentials" });
  }
  assert.deepEqual(await exchange("EXTERNAL", [""], certificate(["alice@example.test"])), {
    fault: "bad-credentials",
  });
  assert.equal(await exchange("EXTERNAL", [""], PEER), "not offered");
  assert(!authenticator.mechanisms(PEER).includes("EXTERNAL"));
  assert.deepEqual(logins.used, [300, 301, 302]);
  const trusting = await open([], { areCertificateEmailsLogins: true });
  const alice = await trusting.exchange("EXTERNAL", [""], certificate(["alice@example.test"]));
  assert.partialDeepStrictEqual(alice, { login: "alice@example.test" });
});

test("a host may act for its local parts, and nobody else for anybody else (RFC 4422 §3.4.1)", async () => {
  const host = await loginWith("secret", { name: "vision25.demon.test", loginId: 30, maildropId: 30 });
  const { exchange } = await open([host]);
  const john = await exchange("PLAIN", ["john@vision25.demon.test\0vision25.demon.test\0secret"]);
  assert.partialDeepStrictEqual(john, { login: "john@vision25.demon.test", view: { localPart: "john" } });
  const self = await exchange("PLAIN", ["alice@example.test\0alice@example.test\0secret"]);
  assert.partialDeepStrictEqual(self, { login: "alice@example.test" });
  for (const [authzid, authcid] of [
    ["bob@example.test", "alice@example.test"],
    ["vision25.demon.test", "john@vision25.demon.test"],
    ["mary@vision25.demon.test", "john@vision25.demon.test"],
    ["alice@example.test", "vision25.demon.test"],
    ["nobody@example.test", "alice@example.test"],
  ] as const) {
    const refused = await exchange("PLAIN", [`${authzid}\0${authcid}\0secret`]);
    assert.deepEqual(refused, { fault: "bad-credentials" }, `${authcid} as ${authzid}`);
  }
});

test("what is offered is what could succeed here and now (RFC 5034 §3)", async () => {
  const { authenticator } = await open([], {
    rules: [{ listeners: ["kiosk"], mechanisms: ["SCRAM-SHA-256"] }],
  });
  const plaintext = { ...PEER, isTlsActive: false };
  const secretless = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5"];
  assert.deepEqual(authenticator.mechanisms(PEER), [...secretless, "PLAIN", "LOGIN"]);
  assert.deepEqual(authenticator.mechanisms(plaintext), secretless);
  const allowed = authenticator.mechanisms({ ...plaintext, isPlaintextAllowed: true });
  assert.deepEqual(allowed, [...secretless, "PLAIN", "LOGIN"]);
  assert.deepEqual(authenticator.mechanisms({ ...PEER, listener: "kiosk" }), ["SCRAM-SHA-256"]);
  assert.equal(authenticator.beginExchange("PLAIN", plaintext), undefined);
  assert.equal(authenticator.beginExchange("NTLM", PEER), undefined);
  assert.deepEqual((await door()).authenticator.mechanisms(PEER), ["PLAIN", "LOGIN"]);
});

test("rules hold for tenants, logins and networks, and a restricted login for itself", async () => {
  const restricted = await loginWith("secret", {
    restrictions: { mechanisms: ["PLAIN"], networks: ["192.0.2.0/24"] },
  });
  const rules = [
    { tenants: ["acme"], mechanisms: ["SCRAM-SHA-256"] },
    { logins: ["bob@example.test"], networks: ["192.0.2.1/32"], mechanisms: ["PLAIN"] },
  ];
  const acme = await loginWith("secret", { name: "a@acme.test", loginId: 40, tenant: "acme" });
  const { verify, exchange, reason } = await open([restricted, acme], { rules });
  for (const name of ["a@acme.test", "bob@example.test", "tim@example.test"]) {
    assert.deepEqual(await verify(name, "secret"), { fault: "bad-credentials" });
    assert.equal(reason(), "mechanism-not-allowed");
  }
  assert.partialDeepStrictEqual(await verify("alice@example.test", "secret"), { maildropId: 7 });
  assert.partialDeepStrictEqual(await exchange("PLAIN", ["\0tim@example.test\0secret"]), { maildropId: 20 });
  const elsewhere = { ...PEER, address: "198.51.100.1" };
  const refused = await exchange("PLAIN", ["\0tim@example.test\0secret"], elsewhere);
  assert.deepEqual([refused, reason()], [{ fault: "bad-credentials" }, "network-not-allowed"]);
});

test("every outcome is in the audit once, with its reason and without a secret", async () => {
  const { exchange, verify, audited } = await open([await loginWith("pencil")]);
  await verify("alice@example.test", "secret");
  await exchange("SCRAM-SHA-1", scramClient("sha1", "tim@example.test", "crayon"));
  await exchange("PLAIN", ["\0nobody@example.test\0hunter2"]);
  assert.deepEqual(
    audited.map(({ subject, mechanism, outcome, address }) => [subject, mechanism, outcome, address]),
    [
      ["alice@example.test", "USER", "done", "192.0.2.1"],
      ["tim@example.test", "SCRAM-SHA-1", "wrong-proof", "192.0.2.1"],
      ["nobody@example.test", "PLAIN", "unknown-name", "192.0.2.1"],
    ],
  );
  assert.doesNotMatch(JSON.stringify(audited), /hunter2|secret|crayon/);
});

test("a wrong password costs a hash of ours whatever scheme it is checked by", async () => {
  const stored = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=";
  const credentials: Credential[] = [{ credentialId: 401, kind: "password", verifier: stored }];
  const { verify, hashed } = await open([{ ...ALICE, loginId: 23, name: "sha@example.test", credentials }]);
  await verify("sha@example.test", "wrong");
  assert.deepEqual(
    hashed.map((verifier) => verifier.slice(0, 9)),
    ["{SHA}W6ph", "$argon2id"],
  );
});

test("a password is one password however its letters are composed (RFC 4013)", async () => {
  const { verify } = await open([await loginWith("Pa\u00dfw\u00f6rt")]);
  assert.partialDeepStrictEqual(await verify("tim@example.test", "Pa\u00dfw\u00f6rt"), { maildropId: 20 });
  assert.partialDeepStrictEqual(await verify("tim@example.test", "Pa\u00dfwo\u0308rt"), { maildropId: 20 });
  assert.deepEqual(await verify("tim@example.test", "Passwort"), { fault: "bad-credentials" });
});

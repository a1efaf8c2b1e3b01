import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  cramMd5,
  digestMd5,
  type Exchange,
  external,
  isApopDigest,
  login,
  makeScramVerifier,
  oauthBearer,
  plain,
  type ScramVerifier,
  type Step,
  scram,
  xoauth2,
} from "./index.ts";

type Why = "nobody";
const octets = (text: string): Uint8Array => Buffer.from(text);

/**
 * Plays a client's messages and writes down what the server did: "S: …" for a challenge, else the outcome.
 */
async function play(exchange: Exchange<string, Why>, ...messages: (string | undefined)[]): Promise<string[]> {
  const heard: string[] = [];
  for (const message of messages) {
    const step: Step<string, Why> = await exchange.next(message === undefined ? undefined : octets(message));
    if (step.step === "challenge") heard.push(`S: ${Buffer.from(step.challenge).toString()}`);
    else
      heard.push(
        step.step === "refused" ? `refused ${step.why}` : `${step.who} as ${step.authzid ?? step.who}`,
      );
  }
  return heard;
}

const passwords = async (authcid: string, password: Uint8Array) =>
  Buffer.from(password).toString() === "tanstaaftanstaaf" ? { who: authcid } : { why: "nobody" as const };

const secrets = (secret: string) => async (authcid: string) =>
  authcid === "nobody" ? { why: "nobody" as const } : { who: { who: authcid, secret } };

test("PLAIN takes the three parts in one message. RFC 4616 §4", async () => {
  assert.deepEqual(await play(plain(passwords), undefined, "\0tim\0tanstaaftanstaaf"), ["S: ", "tim as tim"]);
  assert.deepEqual(await play(plain(passwords), "Ursel\0Kurt\0tanstaaftanstaaf"), ["Kurt as Ursel"]);
  assert.deepEqual(await play(plain(passwords), "\0tim\0wrong"), ["refused nobody"]);
});

test("PLAIN with another number of NULs, an empty part or one over 255 octets is malformed. RFC 4616 §2", async () => {
  const long = "x".repeat(256);
  for (const message of [
    "",
    "tim\0pw",
    "\0tim\0pw\0",
    "\0\0pw",
    "\0tim\0",
    `\0${long}\0pw`,
    `\0tim\0${long}`,
  ]) {
    assert.deepEqual(
      await play(plain(passwords), message),
      ["refused malformed-response"],
      JSON.stringify(message),
    );
  }
});

test("LOGIN asks for the name and then for the password, or takes the name as initial response", async () => {
  const asked = ["S: Username:", "S: Password:", "tim as tim"];
  assert.deepEqual(await play(login(passwords), undefined, "tim", "tanstaaftanstaaf"), asked);
  assert.deepEqual(await play(login(passwords), "tim", "tanstaaftanstaaf"), asked.slice(1));
});

test("CRAM-MD5 accepts the answer of RFC 2195 §2 and no other", async () => {
  const timestamp = "<1896.697170952@postoffice.reston.mci.net>";
  const found = (name: string) => [
    { who: name, secret: "another" },
    { who: name, secret: "tanstaaftanstaaf" },
  ];
  const exchange = () => cramMd5<string, "nobody">(timestamp, async (name) => ({ who: found(name) }));
  const right = "tim b913a602c7eda7a495b4e6e7334d3890";
  assert.deepEqual(await play(exchange(), undefined, right), [`S: ${timestamp}`, "tim as tim"]);
  assert.equal((await play(exchange(), undefined, right.replace("b9", "b8")))[1], "refused wrong-proof");
  assert.equal((await play(exchange(), undefined, "tim"))[1], "refused malformed-response");
  assert.deepEqual(await play(exchange(), right), ["refused malformed-response"]);
});

test("DIGEST-MD5 accepts the answer of RFC 2831 §4 and proves itself", async () => {
  const options = { realm: "elwood.innosoft.com", hosts: ["elwood.innosoft.com"], nonce: "OA6MG9tEQGm2hh" };
  // The example of the RFC is IMAP's; the same numbers with `pop/` were computed with Python's hashlib.
  const claim = (uri: string, response: string) =>
    `charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,` +
    `cnonce="OA6MHXh6VqTrRk",digest-uri="${uri}",response=${response},qop=auth`;
  const right = claim("pop/elwood.innosoft.com", "b0d56d2f054c24b62072322106468db9");
  const exchange = () => digestMd5(options, secrets("secret"));
  assert.deepEqual((await play(exchange(), undefined, right, "")).slice(1), [
    "S: rspauth=0b971462cef5e8f930db9a33b02fc9a0",
    "chris as chris",
  ]);
  assert.equal((await play(exchange(), undefined, right.replace("b0d5", "0000")))[1], "refused wrong-proof");
  assert.equal(
    (await play(exchange(), undefined, right.replace("pop/", "imap/")))[1],
    "refused malformed-response",
  );
  assert.equal(
    (await play(exchange(), undefined, right.replace("pop/el", "pop/bl")))[1],
    "refused wrong-channel-binding",
  );
  assert.equal(
    (await play(exchange(), undefined, right.replace("OA6MG9", "OA6MG8")))[1],
    "refused wrong-proof",
  );
});

test("a DIGEST-MD5 answer of nothing but blanks takes no longer than any other of its length", async () => {
  const exchange = digestMd5({ realm: "x", hosts: ["x"] }, secrets("secret"));
  const before = process.cpuUsage();
  assert.equal((await play(exchange, undefined, `${" ".repeat(48_000)}x`))[1], "refused malformed-response");
  assert.ok(process.cpuUsage(before).user < 500_000);
});

test("APOP's digest is that of RFC 1939 §7", () => {
  const timestamp = "<1896.697170952@dbc.mtview.ca.us>";
  assert.ok(isApopDigest(timestamp, "tanstaaf", "c4c9334bac560ecc979e58001b3e22fb"));
  assert.ok(!isApopDigest(timestamp, "tanstaaf", "C4C9334BAC560ECC979E58001B3E22FB"));
  assert.ok(!isApopDigest(timestamp, "tanstaaf", ""));
});

test("EXTERNAL takes an empty or a named identity. RFC 4422 appendix A", async () => {
  const verify = async (authzid: string | undefined) => ({ who: authzid ?? "cert" });
  assert.deepEqual(await play(external<string, Why>(verify), ""), ["cert as cert"]);
  assert.deepEqual(await play(external<string, Why>(verify), undefined, "fred"), ["S: ", "fred as fred"]);
});

const tokens = async ({ token }: { token: string }) =>
  token.startsWith("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg") ? { who: "user" } : { why: "nobody" as const };

test("OAUTHBEARER takes the message of RFC 7628 §4.1 and answers a bad token with a challenge first", async () => {
  const message = (token: string) =>
    `n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001auth=Bearer ${token}\u0001\u0001`;
  const exchange = () => oauthBearer(tokens, { status: "invalid_token" });
  assert.deepEqual(await play(exchange(), message("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")), [
    "user as user",
  ]);
  assert.deepEqual(await play(exchange(), message("x"), "\u0001"), [
    'S: {"status":"invalid_token"}',
    "refused nobody",
  ]);
  assert.equal((await play(exchange(), "n,,\u0001\u0001", "\u0001"))[1], "refused malformed-response");
});

test("XOAUTH2 takes user and token and answers a bad token with a challenge first", async () => {
  const message = (token: string) => `user=a@example.test\u0001auth=Bearer ${token}\u0001\u0001`;
  const exchange = () => xoauth2(tokens, "mail");
  assert.deepEqual(await play(exchange(), message("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")), [
    "user as user",
  ]);
  assert.equal((await play(exchange(), message("x"), ""))[1], "refused nobody");
});

const vectors = [
  {
    hash: "sha1",
    salt: "QSXCR+Q6sek8bf92",
    serverNonce: "3rfcNHYJY1ZVvWVs7j",
    clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    hash: "sha256",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    clientFinal:
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
] as const;

const verifiers =
  (verifier: ScramVerifier, isGenuine = true) =>
  async (who: string) => ({
    who: { who, verifier, isGenuine },
  });

for (const vector of vectors) {
  test(`SCRAM-${vector.hash} plays the exchange of its RFC (5802 §5, 7677 §3)`, async () => {
    const { hash, serverNonce } = vector;
    const verifier = await makeScramVerifier(hash, "pencil", Buffer.from(vector.salt, "base64"), 4096);
    const exchange = (isGenuine = true) =>
      scram<string, Why>(
        { hash, isPlus: false, bindings: new Map(), serverNonce },
        verifiers(verifier, isGenuine),
      );
    assert.deepEqual(await play(exchange(), undefined, vector.clientFirst, vector.clientFinal, ""), [
      "S: ",
      `S: ${vector.serverFirst}`,
      `S: ${vector.serverFinal}`,
      "user as user",
    ]);
    const unknown = await play(exchange(false), vector.clientFirst, vector.clientFinal);
    assert.equal(unknown[1], "refused unknown-name");
    const forged = vector.clientFinal.replace(/p=./, "p=A");
    assert.equal((await play(exchange(), vector.clientFirst, forged))[1], "refused wrong-proof");
  });
}

test("SCRAM refuses a client that was made to believe that -PLUS is not offered. RFC 5802 §6", async () => {
  const verifier = await makeScramVerifier("sha256", "pencil", Buffer.from("salt"), 4096);
  const offered = { hash: "sha256", bindings: new Map([["tls-exporter", octets("x")]]) } as const;
  const first = (flag: string) => `${flag},,n=user,r=abc`;
  const begin = async (isPlus: boolean, flag: string) =>
    (await play(scram<string, Why>({ ...offered, isPlus }, verifiers(verifier)), first(flag)))[0]?.slice(
      0,
      7,
    );
  assert.equal(await begin(false, "y"), "refused");
  assert.equal(await begin(true, "n"), "refused");
  assert.equal(await begin(true, "p=tls-unique"), "refused");
  assert.equal(await begin(true, "p=tls-exporter"), "S: r=ab");
  assert.equal(await begin(false, "n"), "S: r=ab");
});

test("whatever octets come, an exchange answers with a step", async () => {
  const verifier = await makeScramVerifier("sha1", "pencil", Buffer.from("salt"), 4096);
  const exchanges: (() => Exchange<string, Why>)[] = [
    () => plain(passwords),
    () => login(passwords),
    () => cramMd5("<1@x>", async (who) => ({ who: [{ who, secret: "s" }] })),
    () => digestMd5({ realm: "x", hosts: ["x"] }, secrets("s")),
    () => oauthBearer(tokens, { status: "invalid_token" }),
    () => xoauth2(tokens, "mail"),
    () => scram({ hash: "sha1", isPlus: false, bindings: new Map() }, verifiers(verifier)),
  ];
  const message = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string().map(octets));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...exchanges),
      fc.array(message, { maxLength: 4 }),
      async (begin, messages) => {
        const exchange = begin();
        for (const response of messages) {
          const { step } = await exchange.next(response);
          if (step !== "challenge") return;
        }
      },
    ),
    { numRuns: 500 },
  );
});

import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import type { AuthenticatorOptions } from "./authenticator.ts";
import { ALICE, door, PEER, type TestDoor } from "./test-fixture.ts";

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

const ISSUER = "https://id.example.test";
const AUDIENCE = "poplar";
const BAD = { fault: "bad-credentials" };

/** Serves on loopback until the test ends. @returns the URL. */
async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
}

/** An issuer with keys that it can change, and a door that trusts it. */
async function issuer(t: TestContext, options: Partial<AuthenticatorOptions> = {}) {
  let keys = new Map<string, Keys>([["k1", await generateKeyPair("RS256")]]);
  let isDown = false;
  let fetched = 0;
  const jwksUrl = await serve(t, (_request, response) => {
    fetched += 1;
    void (async () => {
      const jwks = await Promise.all(
        [...keys].map(async ([kid, { publicKey }]) =>
          Object.assign(await exportJWK(publicKey), { kid, alg: "RS256" }),
        ),
      );
      response.statusCode = isDown ? 503 : 200;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ keys: jwks }));
    })();
  });
  const opened = await door(
    {
      oauth: {
        issuers: [{ issuer: ISSUER, audience: [AUDIENCE], jwksUrl, loginClaim: "email", scope: "mail" }],
        times: { cooldownMs: 0 },
      },
      ...options,
    },
    [
      {
        ...ALICE,
        loginId: 70,
        name: "mapped@example.test",
        maildropId: 70,
        credentials: [{ credentialId: 700, kind: "oauth-subject", verifier: `${ISSUER} sub-70` }],
      },
    ],
  );
  const sign = async (claims: JWTPayload = {}, kid = "k1"): Promise<string> => {
    const key = keys.get(kid) ?? (await generateKeyPair("RS256"));
    return new SignJWT({ email: "alice@example.test", scope: "mail openid", ...claims })
      .setProtectedHeader({ alg: "RS256", kid })
      .setIssuer(typeof claims.iss === "string" ? claims.iss : ISSUER)
      .setAudience(claims.aud ?? AUDIENCE)
      .setSubject(claims.sub ?? "sub-1")
      .setExpirationTime(claims.exp ?? "1h")
      .sign(key.privateKey);
  };
  return {
    ...opened,
    sign,
    rotate: async (kid: string) => {
      keys = new Map([[kid, await generateKeyPair("RS256")]]);
    },
    setDown: (down: boolean) => {
      isDown = down;
    },
    fetched: () => fetched,
  };
}

/** Tries a token as OAUTHBEARER and as XOAUTH2: they agree. RFC 7628 §3.1. */
async function tryToken({ exchange }: TestDoor, token: string, name = ""): Promise<unknown> {
  const bearer = await exchange("OAUTHBEARER", [
    `n,${name && `a=${name}`},\u0001auth=Bearer ${token}\u0001\u0001`,
    "\u0001",
  ]);
  const older = await exchange("XOAUTH2", [`user=${name}\u0001auth=Bearer ${token}\u0001\u0001`, ""]);
  assert.deepEqual(
    Object.entries(older).filter(([key]) => key !== "mechanism"),
    Object.entries(bearer).filter(([key]) => key !== "mechanism"),
  );
  return bearer;
}

test("a good token opens the login of its claim, and the client may say which (RFC 7628 §3.1)", async (t) => {
  const bench = await issuer(t);
  const token = await bench.sign();
  for (const name of ["", "alice@example.test", "Alice@Example.TEST"]) {
    assert.partialDeepStrictEqual(await tryToken(bench, token, name), { maildropId: 7 });
  }
  assert.deepEqual(await tryToken(bench, token, "bob@example.test"), BAD);
  assert.equal(bench.reason(), "authzid-not-allowed");
  assert.equal(bench.fetched(), 1);
});

test("a subject that an operator has mapped opens that login, whatever the claim says", async (t) => {
  const bench = await issuer(t);
  const token = await bench.sign({ sub: "sub-70", email: "bob@example.test" });
  assert.partialDeepStrictEqual(await tryToken(bench, token), { maildropId: 70 });
});

test("a token that is refused is refused for its reason, after the error challenge (RFC 7628 §3.2.2)", async (t) => {
  const bench = await issuer(t);
  const good = await bench.sign();
  const forged = `${good.slice(0, good.lastIndexOf("."))}.${Buffer.alloc(256, 1).toString("base64url")}`;
  const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`;
  for (const [token, reason] of [
    [await bench.sign({ exp: Math.floor(Date.now() / 1000) - 3600 }), "token-expired"],
    [await bench.sign({ aud: "somebody-else" }), "token-wrong-audience"],
    [await bench.sign({ iss: "https://evil.example.test" }), "token-wrong-issuer"],
    [await bench.sign({ iss: `${ISSUER}/` }), "token-wrong-issuer"],
    [await bench.sign({}, "k9"), "token-wrong-signature"],
    [forged, "token-wrong-signature"],
    [unsigned, "token-wrong-signature"],
    [await bench.sign({ scope: "openid" }), "token-without-scope"],
    [await bench.sign({ email: "nobody@example.test" }), "unknown-name"],
    [await bench.sign({ email_verified: false }), "token-without-login"],
    [await bench.sign({ email_verified: "false" }), "token-without-login"],
    [await bench.sign({ email: "disabled@example.test" }), "login-disabled"],
    ["no.token.atall", "token-malformed"],
  ] as const) {
    assert.deepEqual(await tryToken(bench, token), BAD);
    assert.equal(bench.reason(), reason);
  }
  const first = await bench.exchange("OAUTHBEARER", [`n,,\u0001auth=Bearer ${forged}\u0001\u0001`]);
  assert.deepEqual(first, { challenge: '{"status":"invalid_token","scope":"mail"}' });
});

test("after the issuer has changed its keys, new tokens open and old ones do not", async (t) => {
  const bench = await issuer(t);
  const old = await bench.sign();
  assert.partialDeepStrictEqual(await tryToken(bench, old), { maildropId: 7 });
  await bench.rotate("k2");
  assert.partialDeepStrictEqual(await tryToken(bench, await bench.sign({}, "k2")), { maildropId: 7 });
  assert.deepEqual(await tryToken(bench, old), BAD);
});

test("a token of 8 KB opens, one of 40 KB is not looked at", async (t) => {
  const bench = await issuer(t);
  const long = await bench.sign({ groups: "g".repeat(6000) });
  assert(long.length > 8000);
  assert.partialDeepStrictEqual(await tryToken(bench, long), { maildropId: 7 });
  assert.deepEqual(await tryToken(bench, await bench.sign({ groups: "g".repeat(30_000) })), BAD);
  assert.equal(bench.reason(), "token-malformed");
});

test("whoever shows false tokens all the time waits before the next one is judged", async (t) => {
  const waits: number[] = [];
  let asked = 0;
  const url = await serve(t, (_request, response) => {
    asked += 1;
    response.end(JSON.stringify({ active: false }));
  });
  const introspection = { url, clientId: "poplar", clientSecret: "s3cret" };
  const bench = await door({
    oauth: { issuers: [{ issuer: ISSUER, audience: [AUDIENCE], introspection }] },
    wait: async (milliseconds) => {
      assert.equal(asked, waits.push(milliseconds) + 4, "not asked before");
    },
  });
  for (let token = 0; token < 8; token += 1) {
    const message = `n,,\u0001auth=Bearer opaque-${token}\u0001\u0001`;
    assert.deepEqual(await bench.exchange("OAUTHBEARER", [message, "\u0001"]), BAD);
  }
  assert.deepEqual(waits, [250, 500, 1000]);
});

test("who has been in by a token gets in as fast as ever, whatever false ones others show", async (t) => {
  const waits: number[] = [];
  const bench = await issuer(t, { wait: async (milliseconds) => void waits.push(milliseconds) });
  const message = (token: string): string => `n,,\u0001auth=Bearer ${token}\u0001\u0001`;
  const show = async (token: string, address: string): Promise<unknown> =>
    bench.exchange("OAUTHBEARER", [message(token), "\u0001"], { ...PEER, address });
  const token = await bench.sign();
  assert.partialDeepStrictEqual(await show(token, PEER.address), { maildropId: 7 });
  const elsewhere = await bench.sign({ email: "bob@example.test" }, "k9");
  for (let time = 0; time < 10; time += 1) await show(elsewhere, PEER.address);
  for (let host = 0; host < 100; host += 1) await show("nonsense", `10.${host}.0.1`);
  waits.length = 0;
  assert.partialDeepStrictEqual(await show(token, PEER.address), { maildropId: 7 });
  assert.partialDeepStrictEqual(await show(token, "198.51.100.1"), { maildropId: 7 });
  assert.deepEqual(waits, []);
});

test("an issuer that is down is our fault, not the client's, until it is back", async (t) => {
  const bench = await issuer(t);
  bench.setDown(true);
  const token = await bench.sign();
  assert.partialDeepStrictEqual(await tryToken(bench, token), { fault: "storage-down" });
  bench.setDown(false);
  assert.partialDeepStrictEqual(await tryToken(bench, token), { maildropId: 7 });
});

test("without TLS no token is asked for (RFC 7628 §4)", async (t) => {
  const { exchange, authenticator } = await issuer(t);
  assert(authenticator.mechanisms(PEER).includes("OAUTHBEARER"));
  const plaintext = { ...PEER, isTlsActive: false, isPlaintextAllowed: true };
  assert(!authenticator.mechanisms(plaintext).includes("OAUTHBEARER"));
  assert.equal(await exchange("XOAUTH2", [], plaintext), "not offered");
});

test("opaque tokens are asked about, with our name and secret, and the answer is kept for a while (RFC 7662)", async (t) => {
  let answer: object = {};
  const asked: string[] = [];
  const listener = (request: IncomingMessage, respond: (body: string) => void): void => {
    void (async () => {
      asked.push(`${request.headers.authorization} ${await text(request)}`);
      respond(JSON.stringify(answer));
    })();
  };
  const url = await serve(t, (request, response) => listener(request, (body) => response.end(body)));
  const introspection = { url, clientId: "poplar", clientSecret: "s3cret" };
  const bench = await door({
    oauth: { issuers: [{ issuer: ISSUER, audience: [AUDIENCE], introspection, loginClaim: "username" }] },
  });
  answer = { active: true, aud: AUDIENCE, username: "alice@example.test", sub: "1" };
  for (let round = 0; round < 3; round += 1) {
    assert.partialDeepStrictEqual(await tryToken(bench, "opaque-1"), { maildropId: 7 });
  }
  const basic = Buffer.from("poplar:s3cret").toString("base64");
  assert.deepEqual(asked, [`Basic ${basic} token=opaque-1&token_type_hint=access_token`]);
  for (const [token, change, reason] of [
    ["opaque-2", { active: false }, "token-inactive"],
    ["opaque-3", { aud: "other" }, "token-wrong-audience"],
    ["opaque-4", { iss: "https://evil.example.test" }, "token-wrong-issuer"],
    ["opaque-5", { exp: 1 }, "token-expired"],
  ] as const) {
    answer = { active: true, aud: AUDIENCE, username: "alice@example.test", sub: "1", ...change };
    assert.deepEqual(await tryToken(bench, token), BAD);
    assert.equal(bench.reason(), reason);
  }
  answer = { no: "answer" };
  assert.partialDeepStrictEqual(await tryToken(bench, "opaque-6"), { fault: "storage-down" });
});

import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { test } from "node:test";
import {
  digestMd5,
  type Exchange,
  external,
  login,
  makeScramVerifier,
  oauthBearer,
  type Step,
  scram,
  xoauth2,
} from "./index.ts";

const MALFORMED = "refused malformed-response";

/** What comes of the last of these messages: a refusal with its reason, or the step. */
async function outcomeOf(exchange: Exchange<string, never>, ...messages: string[]): Promise<string> {
  let step: Step<string, never> | undefined;
  for (const message of messages) step = await exchange.next(Buffer.from(message));
  return step?.step === "refused" ? `refused ${step.why}` : String(step?.step);
}

const verifier = makeScramVerifier("sha256", "pencil", Buffer.from("salt"), 4096);

const beginScram = async (): Promise<Exchange<string, never>> => {
  const made = await verifier;
  return scram<string, never>(
    { hash: "sha256", isPlus: false, bindings: new Map(), serverNonce: "SERVER" },
    async (who) => ({ who: { who, verifier: made, isGenuine: true } }),
  );
};

test("SCRAM: a first message with a mandatory extension, a broken name or no nonce is malformed. RFC 5802 §5.1, §7", async () => {
  for (const first of [
    "n,,m=new,n=user,r=abc",
    "n,,n=us=er,r=abc",
    "n,,n=us=2cer,r=abc",
    "n,,n=,r=abc",
    "n,,n=user,r=",
    "n,,n=user",
    "n,,r=abc,n=user",
    "n,n=user,r=abc",
    "x,,n=user,r=abc",
    "p=,,n=user,r=abc",
    "n,user,n=user,r=abc",
    "",
  ]) {
    assert.equal(await outcomeOf(await beginScram(), first), MALFORMED, first);
  }
  for (const first of ["n,,n=us=2Cer=3D,r=abc", "n,a=other,n=user,r=abc", "n,,n=user,r=abc,x=optional"]) {
    assert.equal(await outcomeOf(await beginScram(), first), "challenge", first);
  }
});

/** The last message of a client that knows the password, for whatever it says before the proof. */
async function proven(withoutProof: string, bare = "n=user,r=abc"): Promise<string> {
  const { storedKey } = await verifier;
  const salt = Buffer.from("salt").toString("base64");
  const authMessage = `${bare},r=abcSERVER,s=${salt},i=4096,${withoutProof}`;
  const salted = pbkdf2Sync("pencil", "salt", 4096, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  assert.deepEqual(createHash("sha256").update(clientKey).digest(), Buffer.from(storedKey));
  const signature = createHmac("sha256", storedKey).update(authMessage).digest();
  const proof = clientKey.map((octet, index) => octet ^ (signature[index] ?? 0));
  return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
}

test("SCRAM: the right proof over another nonce or another binding opens nothing. RFC 5802 §5.1", async () => {
  const first = "n,,n=user,r=abc";
  const outcome = async (...last: string[]) => outcomeOf(await beginScram(), first, ...last);
  const right = await proven("c=biws,r=abcSERVER");
  assert.equal(await outcome(right), "challenge");
  assert.equal(await outcome(right, ""), "authenticated");
  assert.equal(await outcome(right, "more"), MALFORMED);
  assert.equal(await outcome(await proven("c=biws,r=abcSERVER,x=optional"), ""), "authenticated");
  assert.equal(await outcome(await proven("c=biws,r=abc")), "refused wrong-proof");
  assert.equal(await outcome(await proven("c=biws,r=abcSERVERx")), "refused wrong-proof");
  // "y,," and "n,a=other,," in base64.
  assert.equal(await outcome(await proven("c=eSws,r=abcSERVER")), "refused wrong-channel-binding");
  assert.equal(
    await outcome(await proven("c=bixhPW90aGVyLA==,r=abcSERVER")),
    "refused wrong-channel-binding",
  );
  assert.equal(await outcome("c=biws,r=abcSERVER"), MALFORMED);
  assert.equal(await outcome("c=biws,r=abcSERVER,p="), MALFORMED);
  assert.equal(await outcome("c=biws,r=abcSERVER,p=AAAA"), "refused wrong-proof");
});

test("DIGEST-MD5: a layer that is not offered, a nonce used twice and a directive said twice are refused. RFC 2831 §2.1.2", async () => {
  const answer = (changed: Readonly<Record<string, string>>, more = "") => {
    const directives = {
      username: '"chris"',
      realm: '"x"',
      nonce: '"NONCE"',
      cnonce: '"c"',
      nc: "00000001",
      qop: "auth",
      "digest-uri": '"pop/x"',
      response: "0".repeat(32),
      ...changed,
    };
    return Object.entries(directives)
      .map(([name, value]) => `${name}=${value}`)
      .join(",")
      .concat(more);
  };
  const outcome = async (message: string) => {
    const exchange = digestMd5<string, never>({ realm: "x", hosts: ["x"], nonce: "NONCE" }, async (who) => ({
      who: { who, secret: "s" },
    }));
    await exchange.next(undefined);
    return outcomeOf(exchange, message);
  };
  assert.equal(await outcome(answer({})), "refused wrong-proof");
  assert.equal(await outcome(answer({ nc: "00000002" })), "refused wrong-proof");
  for (const malformed of [
    answer({ qop: "auth-int" }),
    answer({ qop: "auth-conf" }),
    answer({}, ',username="dora"'),
    answer({}, ",NC=00000001"),
    answer({ cnonce: '""' }),
    answer({ username: '""' }),
    answer({ response: "0".repeat(31) }),
    answer({ "digest-uri": '"pop"' }),
    answer({ username: '"chris' }),
  ]) {
    assert.equal(await outcome(malformed), MALFORMED, malformed);
  }
});

const anyToken = async () => ({ who: "user" });

test("OAUTHBEARER and XOAUTH2: keys that nobody knows are passed over, what is not whole is no message. RFC 7628 §3.1", async () => {
  const SOH = "\u0001";
  const bearer = (message: string) =>
    outcomeOf(oauthBearer<string, never>(anyToken, { status: "invalid_token" }), message);
  const auth = `auth=Bearer abc${SOH}`;
  assert.equal(await bearer(`n,,${SOH}new=thing${SOH}${auth}${SOH}`), "authenticated");
  assert.equal(await bearer(`y,a=a=2Cb,${SOH}${auth}${SOH}`), "authenticated");
  for (const broken of [
    `n,,${SOH}${auth}`,
    `n,,${auth}${SOH}`,
    `p=tls-exporter,,${SOH}${auth}${SOH}`,
    `n,a=a=b,${SOH}${auth}${SOH}`,
    `n,,${SOH}auth=Basic abc${SOH}${SOH}`,
    `n,,${SOH}auth=Bearer a b${SOH}${SOH}`,
    `n,,${SOH}${SOH}`,
    "",
  ]) {
    // The reason goes out as a challenge first.
    assert.equal(await bearer(broken), "challenge", JSON.stringify(broken));
  }
  assert.equal(
    await outcomeOf(xoauth2<string, never>(anyToken, "mail"), `user=a${SOH}auth=Bearer a${SOH}`),
    "authenticated",
  );
  assert.equal(
    await outcomeOf(xoauth2<string, never>(anyToken, "mail"), `auth=Bearer a${SOH}${SOH}`),
    "challenge",
  );
});

test("EXTERNAL and LOGIN take no NUL and no octets that are not UTF-8 for a name. RFC 4422 §A.1", async () => {
  assert.equal(
    await outcomeOf(
      external<string, never>(async () => ({ who: "cert" })),
      "a\0b",
    ),
    MALFORMED,
  );
  const notUtf8 = Uint8Array.of(0xff, 0xfe);
  assert.equal((await external<string, never>(anyToken).next(notUtf8)).step, "refused");
  assert.equal((await login<string, never>(anyToken).next(notUtf8)).step, "refused");
  assert.equal(await outcomeOf(login<string, never>(anyToken), ""), MALFORMED);
  assert.equal(await outcomeOf(login<string, never>(anyToken), "tim", ""), MALFORMED);
});

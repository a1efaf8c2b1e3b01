import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { type GssFlag, type KerberosClient, type TestKdc, withKdc } from "@poplar/testkit";
import {
  type GssapiExchange,
  type GssapiStep,
  KERBEROS_DEFAULTS,
  KerberosAcceptor,
  type KerberosSettings,
  type Layer,
  MemoryReplayStore,
  type ReplayStore,
  type SecurityLayer,
} from "./index.ts";

const BITS: Readonly<Record<Layer, number>> = { none: 1, integrity: 2, confidentiality: 4 };
const TARGET = "pop@localhost";

const load = async (
  t: TestContext,
  settings: Partial<KerberosSettings> = {},
  replays: ReplayStore = new MemoryReplayStore(),
): Promise<KerberosAcceptor> => {
  const acceptor = await KerberosAcceptor.load({ ...KERBEROS_DEFAULTS, ...settings }, replays);
  t.after(() => acceptor[Symbol.dispose]());
  return acceptor;
};

const begin = (
  t: TestContext,
  acceptor: KerberosAcceptor,
  channels: readonly Uint8Array[] = [],
): GssapiExchange => {
  const exchange = acceptor.beginGssapi(channels);
  t.after(() => exchange.close());
  return exchange;
};

const challengeOf = (step: GssapiStep): Uint8Array => {
  assert.equal(step.step, "challenge", JSON.stringify(step));
  return step.step === "challenge" ? step.challenge : new Uint8Array();
};

const reasonOf = (step: GssapiStep): string => (step.step === "refused" ? step.why.refusal : step.step);

/** Goes as far as the server's offer, which it returns wrapped. */
const untilOffer = async (
  exchange: GssapiExchange,
  client: KerberosClient,
  flags: readonly GssFlag[],
): Promise<Uint8Array> => {
  const first = await client.initiate(TARGET, flags);
  const challenge = challengeOf(await exchange.next(first.token));
  if (first.isDone) return challenge;
  const second = await client.answer(challenge);
  assert.ok(second.isDone);
  assert.equal(second.token.length, 0);
  return challengeOf(await exchange.next(new Uint8Array()));
};

interface Choice {
  readonly flags: readonly GssFlag[];
  readonly layer?: Layer;
  readonly authzid?: string;
}

const logIn = async (
  exchange: GssapiExchange,
  client: KerberosClient,
  choice: Choice,
): Promise<GssapiStep> => {
  await client.unwrap(await untilOffer(exchange, client, choice.flags));
  const { layer = "none", authzid = "" } = choice;
  const size = layer === "none" ? [0, 0, 0] : [0, 0x10, 0];
  const answer = Buffer.concat([Uint8Array.of(BITS[layer], ...size), Buffer.from(authzid)]);
  return exchange.next(await client.wrap(answer));
};

const twoRealms = async (t: TestContext): Promise<TestKdc> => withKdc(t, { realms: 2 });

test("RFC 4752 §3: a client without mutual authentication logs in, and no layer follows", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const exchange = begin(t, await load(t));
  assert.equal(challengeOf(await exchange.next(undefined)).length, 0);
  const step = await logIn(exchange, client, { flags: [], authzid: "alice" });
  assert.deepEqual(step, {
    step: "authenticated",
    authzid: "alice",
    who: {
      principal: "alice@POPLAR.TEST",
      service: "pop/localhost@POPLAR.TEST",
      isMutual: false,
      isChannelBound: false,
      securityLayer: undefined,
    },
  });
});

test("RFC 4752 §3.1: a client that asks for mutual authentication gets a token to check us by", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const step = await logIn(begin(t, await load(t)), client, { flags: ["mutual"] });
  assert.ok(step.step === "authenticated");
  assert.equal(step.who.isMutual, true);
  assert.equal(step.authzid, undefined);
});

test("RFC 4752 §3.1: the NUL that old fetchmail counts into its authzid is dropped", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const step = await logIn(begin(t, await load(t)), client, { flags: ["mutual"], authzid: "alice\0" });
  assert.ok(step.step === "authenticated");
  assert.equal(step.authzid, "alice");
});

test("each principal keeps its full name: instance and realm", async (t) => {
  const kdc = await twoRealms(t);
  const acceptor = await load(t);
  for (const principal of ["alice/admin@POPLAR.TEST", "alice@OTHER.TEST"]) {
    const client = await kdc.login(t, principal);
    const step = await logIn(begin(t, acceptor), client, { flags: ["mutual"] });
    assert.ok(step.step === "authenticated", JSON.stringify(step));
    assert.equal(step.who.principal, principal);
  }
});

test("RFC 4752 §3.2: only layers are offered that the client's context can do", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const acceptor = await load(t);
  const offered = async (flags: readonly GssFlag[]): Promise<Buffer> =>
    client.unwrap(await untilOffer(begin(t, acceptor), client, flags));
  assert.deepEqual([...(await offered(["no-layers"]))], [1, 0, 0, 0]);
  assert.deepEqual([...(await offered(["no-layers", "integ"]))], [3, 1, 0, 0]);
  assert.deepEqual([...(await offered(["mutual", "integ", "conf"]))], [7, 1, 0, 0]);
});

test("RFC 4752 §3.2: a layer that was not offered is refused, and so is a choice of two", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const acceptor = await load(t, { layers: ["none"] });
  const flags: readonly GssFlag[] = ["mutual", "integ", "conf"];
  const step = await logIn(begin(t, acceptor), client, { flags, layer: "integrity" });
  assert.equal(reasonOf(step), "layer-not-offered");
  const exchange = begin(t, acceptor);
  await untilOffer(exchange, client, flags);
  const both = await exchange.next(await client.wrap(Uint8Array.of(3, 0, 0, 0)));
  assert.equal(reasonOf(both), "malformed-token");
});

test("a client whose context can do no layer that we insist on is refused", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const exchange = begin(t, await load(t, { layers: ["confidentiality"] }));
  const { token } = await client.initiate(TARGET, ["no-layers"]);
  assert.equal(reasonOf(await exchange.next(token)), "layer-not-offered");
});

const layered = async (
  t: TestContext,
  layer: Exclude<Layer, "none">,
): Promise<{ readonly client: KerberosClient; readonly secured: SecurityLayer }> => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const step = await logIn(begin(t, await load(t)), client, { flags: ["mutual", "sequence"], layer });
  assert.ok(step.step === "authenticated", JSON.stringify(step));
  const secured = step.who.securityLayer;
  assert.ok(secured !== undefined);
  t.after(() => secured.close());
  return { client, secured };
};

const tokensOf = (stream: Uint8Array): readonly Buffer[] => {
  const tokens: Buffer[] = [];
  let rest = Buffer.from(stream);
  while (rest.length > 0) {
    const length = rest.readUInt32BE();
    tokens.push(rest.subarray(4, 4 + length));
    rest = rest.subarray(4 + length);
  }
  return tokens;
};

for (const layer of ["integrity", "confidentiality"] as const) {
  test(`RFC 4752 §3.3: the ${layer} layer carries octets both ways, within the client's limit`, async (t) => {
    const { client, secured } = await layered(t, layer);
    const mail = Buffer.alloc(10_000, "a line of mail\r\n");
    const stream = await secured.wrap(mail);
    assert.ok(stream instanceof Uint8Array);
    const tokens = tokensOf(stream);
    assert.ok(tokens.every((token) => token.length <= 0x1000));
    const parts: Buffer[] = [];
    for (const token of tokens) parts.push(await client.unwrap(token));
    assert.deepEqual(Buffer.concat(parts), mail);
    assert.equal(Buffer.from(stream).includes("a line of mail"), layer === "integrity");

    const token = await client.wrap(Buffer.from("STAT\r\n"), layer === "confidentiality");
    const framed = Buffer.concat([Buffer.from([0, 0, 0, token.length]), token]);
    assert.deepEqual(await secured.unwrap(framed.subarray(0, 10)), Buffer.alloc(0));
    assert.deepEqual(await secured.unwrap(framed.subarray(10)), Buffer.from("STAT\r\n"));
  });
}

test("RFC 4752 §3.3: a changed, repeated, clear or overlong token ends the layer", async (t) => {
  const { client, secured } = await layered(t, "confidentiality");
  const framed = async (isConfidential: boolean): Promise<Buffer> => {
    const token = await client.wrap(Buffer.from("QUIT\r\n"), isConfidential);
    return Buffer.concat([Buffer.from([0, 0, 0, token.length]), token]);
  };
  const good = await framed(true);
  assert.deepEqual(await secured.unwrap(good), Buffer.from("QUIT\r\n"));
  const refusal = async (octets: Uint8Array): Promise<unknown> => {
    const answer = await secured.unwrap(octets);
    return answer instanceof Uint8Array ? "taken" : answer.refusal;
  };
  assert.equal(await refusal(good), "malformed-token");
  assert.equal(await refusal(await framed(false)), "malformed-token");
  const changed = await framed(true);
  changed[changed.length - 1]! ^= 1;
  assert.equal(await refusal(changed), "malformed-token");
  assert.equal(await refusal(Buffer.from([0, 1, 0, 1])), "frame-too-long");
});

test("a switch refuses clients that do not ask for mutual authentication", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const acceptor = await load(t, { requiresMutual: true });
  const { token } = await client.initiate(TARGET, []);
  assert.equal(reasonOf(await begin(t, acceptor).next(token)), "mutual-authentication-required");
  assert.equal((await logIn(begin(t, acceptor), client, { flags: ["mutual"] })).step, "authenticated");
});

/** Logs in bound to a channel, without mutual authentication. */
const logInBound = async (
  exchange: GssapiExchange,
  client: KerberosClient,
  bound: Uint8Array | undefined,
): Promise<GssapiStep> => {
  const { token } = await client.initiate(TARGET, [], bound);
  const step = await exchange.next(token);
  if (step.step !== "challenge") return step;
  await client.unwrap(step.challenge);
  return exchange.next(await client.wrap(Uint8Array.of(1, 0, 0, 0)));
};

const CHANNELS = ["tls-server-end-point:here", "tls-exporter:here"].map((text) => Buffer.from(text));

test("a login that is bound to this channel, by any type, is told from one bound to another, or to none", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const acceptor = await load(t);
  const bindTo = async (bound: Uint8Array | undefined): Promise<GssapiStep> =>
    logInBound(begin(t, acceptor, CHANNELS), client, bound);
  for (const channel of CHANNELS) {
    const here = await bindTo(channel);
    assert.ok(here.step === "authenticated" && here.who.isChannelBound, JSON.stringify(here));
  }
  assert.equal(reasonOf(await bindTo(Buffer.from("tls-exporter:there"))), "wrong-channel-binding");
  const none = await bindTo(undefined);
  assert.ok(none.step === "authenticated" && !none.who.isChannelBound, JSON.stringify(none));
});

test("a login bound by the second type is refused when it is repeated, as any other", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const { token } = await client.initiate(TARGET, [], CHANNELS[1]);
  challengeOf(await begin(t, await load(t), CHANNELS).next(token));
  // With a replay store of its own: this is the file cache of libkrb5.
  assert.equal(reasonOf(await begin(t, await load(t), CHANNELS).next(token)), "replayed");
});

test("a switch refuses clients that bind to no channel", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const acceptor = await load(t, { requiresChannelBinding: true });
  const none = await logInBound(begin(t, acceptor, CHANNELS), client, undefined);
  assert.equal(reasonOf(none), "channel-binding-required");
  const here = await logInBound(begin(t, acceptor, CHANNELS), client, CHANNELS[0]);
  assert.equal(here.step, "authenticated");
});

test("recorded octets do not log in again: not here, and not on a node without this one's file cache", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const fleet = new MemoryReplayStore();
  const { token } = await client.initiate(TARGET, []);
  challengeOf(await begin(t, await load(t, {}, fleet)).next(token));
  assert.equal(reasonOf(await begin(t, await load(t)).next(token)), "replayed");
  process.env["KRB5RCACHENAME"] = "none:";
  t.after(() => delete process.env["KRB5RCACHENAME"]);
  challengeOf(await begin(t, await load(t)).next(token));
  assert.equal(reasonOf(await begin(t, await load(t, {}, fleet)).next(token)), "replayed");
});

test("nobody is let in while the fleet's replay store is down", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const down: ReplayStore = { claim: async () => ({ fault: "lease-store-down", cause: "gone" }) };
  const { token } = await client.initiate(TARGET, []);
  assert.equal(reasonOf(await begin(t, await load(t, {}, down)).next(token)), "replay-store-down");
});

test("what is no token of Kerberos is refused, and the exchange is over", async (t) => {
  await twoRealms(t);
  const acceptor = await load(t);
  for (const garbage of [Buffer.from("hello"), Buffer.alloc(64 * 1024, 0x60), Buffer.from("6081", "hex")]) {
    const exchange = begin(t, acceptor);
    assert.equal(reasonOf(await exchange.next(garbage)), "malformed-token");
    assert.equal(reasonOf(await exchange.next(garbage)), "malformed-token");
  }
});

test("an exchange that is closed while it works lets nobody in", async (t) => {
  const kdc = await twoRealms(t);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  const exchange = begin(t, await load(t));
  const { token } = await client.initiate(TARGET, []);
  const step = exchange.next(token);
  exchange.close();
  assert.equal((await step).step, "refused");
  assert.equal((await exchange.next(token)).step, "refused");
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { setTimeout as after } from "node:timers/promises";
import { type KerberosClient, withKdc } from "@poplar/testkit";
import {
  KERBEROS_DEFAULTS,
  KerberosAcceptor,
  type KerberosSettings,
  KpopFrames,
  type KpopOutcome,
  MemoryReplayStore,
  type ReplayStore,
} from "./index.ts";

const load = async (
  t: TestContext,
  settings: Partial<KerberosSettings> = {},
  replays: ReplayStore = new MemoryReplayStore(),
): Promise<KerberosAcceptor> => {
  const acceptor = await KerberosAcceptor.load({ ...KERBEROS_DEFAULTS, ...settings }, replays);
  t.after(() => acceptor[Symbol.dispose]());
  return acceptor;
};

const reasonOf = (taken: KpopOutcome): string =>
  taken.outcome === "refused" ? taken.why.refusal : taken.outcome;

/**
 * The smallest KPOP server: a handshake, then a banner that says who it is and what came behind the
 * handshake.
 */
const serve = async (socket: Socket, acceptor: KerberosAcceptor, seen: string[]): Promise<void> => {
  const frames = new KpopFrames();
  for await (const octets of socket as AsyncIterable<Buffer>) {
    frames.receive(octets);
    for (let event = frames.next(); event !== undefined; event = frames.next()) {
      if (event.event === "versions-accepted") {
        socket.write(event.reply);
        continue;
      }
      if (event.event === "refused") {
        seen.push(event.why.refusal);
        socket.end(event.reply);
        return;
      }
      const taken = await acceptor.acceptKpop(event.apReq);
      seen.push(reasonOf(taken));
      const banner = taken.outcome === "accepted" ? `+OK ${taken.identity.principal}\r\n` : "";
      socket.end(Buffer.concat([taken.reply, Buffer.from(banner)]));
      return;
    }
  }
};

const listen = async (
  t: TestContext,
  acceptor: KerberosAcceptor,
): Promise<{ readonly port: number; readonly seen: readonly string[] }> => {
  const seen: string[] = [];
  const server = createServer((socket) => void serve(socket, acceptor, seen)).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { port: address.port, seen };
};

const loggedIn = async (t: TestContext, principal = "alice@POPLAR.TEST"): Promise<KerberosClient> => {
  const kdc = await withKdc(t, { realms: 2 });
  const client = await kdc.login(t, principal);
  await client.fetch("pop", "localhost");
  return client;
};

for (const mutual of ["mutual", "one-way"] as const) {
  test(`the real krb5_sendauth gets through the handshake to the banner, ${mutual}`, async (t) => {
    const client = await loggedIn(t);
    const { port, seen } = await listen(t, await load(t));
    assert.equal(await client.sendauth(port, "KPOPV1.0", mutual), "+OK alice@POPLAR.TEST\r\n");
    assert.deepEqual(seen, ["accepted"]);
  });
}

test("krb5_sendauth with another application is told so in its own terms", async (t) => {
  const client = await loggedIn(t);
  const { port, seen } = await listen(t, await load(t));
  // KRB5_SENDAUTH_BADAPPLVERS; "KPOPV1.0" is only its beginning.
  await assert.rejects(client.sendauth(port, "KPOPV1.0.1", "mutual"), /-1765328179/);
  assert.deepEqual(seen, ["bad-application-version"]);
});

test("krb5_sendauth understands the answer to a ticket that is refused", async (t) => {
  const client = await loggedIn(t);
  const { port, seen } = await listen(t, await load(t, { requiresMutual: true }));
  // KRB5_SENDAUTH_REJECTED
  await assert.rejects(client.sendauth(port, "KPOPV1.0", "one-way"), /-1765328177/);
  assert.deepEqual(seen, ["mutual-authentication-required"]);
});

test("an AP-REP comes in the same piece as the acceptance, and only to who asked for it", async (t) => {
  const client = await loggedIn(t);
  const acceptor = await load(t);
  const oneWay = await acceptor.acceptKpop(await client.apReq("one-way"));
  assert.deepEqual([...oneWay.reply], [0, 0, 0, 0]);
  const mutual = await acceptor.acceptKpop(await client.apReq("mutual"));
  assert.ok(mutual.outcome === "accepted" && mutual.identity.isMutual);
  const reply = Buffer.from(mutual.reply);
  assert.equal(reply.readUInt32BE(0), 0);
  assert.equal(reply.readUInt32BE(4), reply.length - 8);
  assert.equal(reply[8], 0x6f);
});

test("principals keep instance and realm", async (t) => {
  const kdc = await withKdc(t, { realms: 2 });
  const acceptor = await load(t);
  for (const principal of ["alice@OTHER.TEST", "alice/admin@POPLAR.TEST"]) {
    const client = await kdc.login(t, principal);
    await client.fetch("pop", "localhost");
    const taken = await acceptor.acceptKpop(await client.apReq("one-way"));
    assert.ok(taken.outcome === "accepted");
    assert.equal(taken.identity.principal, principal);
  }
});

test("a ticket for imap/ opens no maildrop, whether or not its key lies in our keytab", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  await kdc.addService("imap/localhost@POPLAR.TEST", `${kdc.directory}/imap.keytab`);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  await client.fetch("imap", "localhost");
  const acceptor = await load(t);
  assert.equal(reasonOf(await acceptor.acceptKpop(await client.apReq("one-way"))), "wrong-service");
  const shared = await load(t, { keytab: `FILE:${kdc.directory}/imap.keytab` });
  assert.equal(reasonOf(await shared.acceptKpop(await client.apReq("one-way"))), "wrong-service");
  const { token } = await client.initiate("imap@localhost", []);
  const step = await acceptor.beginGssapi().next(token);
  assert.ok(step.step === "refused");
  assert.equal(step.why.refusal, "wrong-service");
});

test("a ticket of a realm that we have no key in is refused as such", async (t) => {
  const kdc = await withKdc(t, { realms: 2 });
  await kdc.addService("pop/elsewhere@OTHER.TEST", `${kdc.directory}/other.keytab`);
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  await client.fetch("pop", "localhost");
  const acceptor = await load(t, { keytab: `FILE:${kdc.directory}/other.keytab` });
  assert.equal(reasonOf(await acceptor.acceptKpop(await client.apReq("one-way"))), "unknown-realm");
});

test("the same octets do not log in twice: neither here, nor on a node without this one's file cache", async (t) => {
  const client = await loggedIn(t);
  const fleet = new MemoryReplayStore();
  const recorded = await client.apReq("one-way");
  assert.equal(reasonOf(await (await load(t, {}, fleet)).acceptKpop(recorded)), "accepted");
  assert.equal(reasonOf(await (await load(t)).acceptKpop(recorded)), "replayed");
  process.env["KRB5RCACHENAME"] = "none:";
  t.after(() => delete process.env["KRB5RCACHENAME"]);
  assert.equal(reasonOf(await (await load(t)).acceptKpop(recorded)), "accepted");
  assert.equal(reasonOf(await (await load(t, {}, fleet)).acceptKpop(recorded)), "replayed");
  // Octets that no key protects: the options of the request.
  const disguised = Buffer.from(recorded);
  const options = disguised.indexOf(Buffer.from("a20703050000000000", "hex"));
  assert.ok(options > 0);
  disguised[options + 6] = 0x01;
  assert.equal(reasonOf(await (await load(t, {}, fleet)).acceptKpop(disguised)), "replayed");
});

test("every pop/ key of the keytab is good, whatever its host and realm: names behind a load balancer", async (t) => {
  const kdc = await withKdc(t, { realms: 2 });
  await kdc.addService("pop/mail.cluster@POPLAR.TEST");
  await kdc.addService("pop/mail.cluster@OTHER.TEST");
  const acceptor = await load(t);
  for (const realm of kdc.realms) {
    const client = await kdc.login(t, `alice@${realm}`);
    await client.fetch("pop", "mail.cluster");
    const taken = await acceptor.acceptKpop(await client.apReq("one-way"));
    assert.ok(taken.outcome === "accepted", JSON.stringify(taken));
    assert.equal(taken.identity.service, `pop/mail.cluster@${realm}`);
    const { token } = await client.initiate("pop@mail.cluster", []);
    const exchange = acceptor.beginGssapi();
    t.after(() => exchange.close());
    assert.equal((await exchange.next(token)).step, "challenge");
  }
});

test("a new version of the key needs no restart, and tickets for the old one still work", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const acceptor = await load(t);
  const early = await kdc.login(t, "alice@POPLAR.TEST");
  await early.fetch("pop", "localhost");
  assert.equal(reasonOf(await acceptor.acceptKpop(await early.apReq("one-way"))), "accepted");
  await kdc.addService("pop/localhost@POPLAR.TEST");
  const late = await kdc.login(t, "alice@POPLAR.TEST");
  await late.fetch("pop", "localhost");
  assert.equal(reasonOf(await acceptor.acceptKpop(await late.apReq("one-way"))), "accepted");
  assert.equal(reasonOf(await acceptor.acceptKpop(await early.apReq("one-way"))), "accepted");
});

test("a key that the keytab does not have yet, no keytab, one of others and a broken one are told apart", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const { directory } = kdc;
  const client = await kdc.login(t, "alice@POPLAR.TEST");
  await kdc.addService("pop/localhost@POPLAR.TEST", `${directory}/new.keytab`);
  await kdc.addService("imap/localhost@POPLAR.TEST", `${directory}/imap.keytab`);
  await client.fetch("pop", "localhost");
  const reasons = async (keytab: string): Promise<readonly string[]> => {
    const acceptor = await load(t, { keytab });
    const kpop = await acceptor.acceptKpop(await client.apReq("one-way"));
    const exchange = acceptor.beginGssapi();
    t.after(() => exchange.close());
    const step = await exchange.next((await client.initiate("pop@localhost", [])).token);
    return [reasonOf(kpop), step.step === "refused" ? step.why.refusal : step.step];
  };
  assert.deepEqual(await reasons(`FILE:${kdc.keytab}`), ["key-version-missing", "key-version-missing"]);
  assert.deepEqual(await reasons(`FILE:${directory}/none.keytab`), ["keytab-missing", "keytab-missing"]);
  assert.deepEqual(await reasons(`FILE:${directory}/imap.keytab`), ["no-service-key", "no-service-key"]);
  assert.deepEqual(await reasons(`FILE:${directory}/krb5.conf`), ["keytab-unreadable", "keytab-unreadable"]);
  assert.deepEqual(await reasons("NONSENSE:here"), ["keytab-unreadable", "keytab-unreadable"]);
});

test("a changed ticket and a changed authenticator are refused", async (t) => {
  const client = await loggedIn(t);
  const acceptor = await load(t);
  for (const from of [-1, -400]) {
    const changed = await client.apReq("one-way");
    changed[changed.length + from]! ^= 1;
    assert.equal(reasonOf(await acceptor.acceptKpop(changed)), "wrong-key");
  }
  for (const garbage of [Buffer.alloc(0), Buffer.from("garbage"), Buffer.alloc(64 * 1024, 0x6e)]) {
    assert.equal(reasonOf(await acceptor.acceptKpop(garbage)), "malformed-token");
  }
});

test("a ticket that has expired, though its authenticator is new, is refused", async (t) => {
  const kdc = await withKdc(t, { realms: 1, clockSkewSeconds: 2 });
  const client = await kdc.login(t, "alice@POPLAR.TEST", { lifetime: "2s" });
  await client.fetch("pop", "localhost");
  // Expiry is a matter of real time: 2 s of life, 2 s of skew.
  await after(5_000);
  assert.equal(reasonOf(await (await load(t)).acceptKpop(await client.apReq("one-way"))), "ticket-expired");
});

test("a client whose clock is an hour ahead is refused for that", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const client = await kdc.login(t, "alice@POPLAR.TEST", { lifetime: "4h", clockOffset: "+1h" });
  await client.fetch("pop", "localhost");
  assert.equal(reasonOf(await (await load(t)).acceptKpop(await client.apReq("one-way"))), "clock-skew");
});

test("whatever the reason, a client that is turned away hears the same", async (t) => {
  const client = await loggedIn(t);
  const acceptor = await load(t, { requiresMutual: true });
  const oneWay = await acceptor.acceptKpop(await client.apReq("one-way"));
  const garbage = await acceptor.acceptKpop(Buffer.from("garbage"));
  assert.equal(oneWay.outcome, "refused");
  assert.deepEqual(oneWay.reply, garbage.reply);
});

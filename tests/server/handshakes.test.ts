import assert from "node:assert/strict";
import { test } from "node:test";
import { Lab, ManualClock, trust } from "./lab.ts";

test("strangers who begin handshakes and go no further keep nobody out: the oldest gives way (P7)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { handshakesMax: 2 } });
  const [first, second] = [await lab.connect(), await lab.connect()];
  await first.ask("STLS");
  clock.advance(1);
  await second.ask("STLS");
  clock.advance(1);
  const client = await lab.connect();
  await client.ask("STLS");
  await client.startTls(await trust());
  await client.logIn();
  assert.equal(await first.rest(), "");
  const crowdedOut = await lab.heard.summary();
  assert.equal(crowdedOut.endReason, "too-many-handshakes");
  // The second has not been asked to give way, and goes on.
  await second.startTls(await trust());
  assert.match(await second.ask("CAPA"), /^\+OK/);
});

test("a handshake that has just begun gives way to none: a flood does not cut the others off", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { handshakesMax: 1 } });
  const honest = await lab.connect();
  await honest.ask("STLS");
  const late = await lab.connect();
  await late.ask("STLS");
  assert.equal(await late.rest(), "");
  assert.equal((await lab.heard.one("connectionRefused")).reason, "too-many-handshakes");
  await honest.startTls(await trust());
  await honest.logIn();
});

test("balancers' connections that say nothing give way in the same manner", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, isBalancer: () => true, limits: { handshakesMax: 1 } });
  const silent = await lab.connectRaw();
  const refused = await lab.connectRaw();
  assert.equal(await refused.rest(), "");
  clock.advance(2);
  const client = await lab.connectRaw();
  client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1 110\r\n");
  assert.match(await client.line(), /^\+OK/);
  assert.equal(await silent.rest(), "");
});

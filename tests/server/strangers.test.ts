import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { HeldStep, Lab, ManualClock } from "./lab.ts";
import { LabClient } from "./lab-client.ts";

const TOO_MANY = "-ERR [SYS/TEMP] too many connections, try again later\r\n";

test("when all places are taken, who has been there longest without a login makes room (P7)", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 3 } });
  const user = await lab.connect();
  await user.logIn();
  const silent = await lab.connect();
  clock.advance(1);
  const second = await lab.connect();
  clock.advance(1);
  const client = await lab.connect();
  assert.equal(await silent.rest(), TOO_MANY);
  assert.equal((await lab.heard.summary()).endReason, "too-many-connections");
  assert.deepEqual(lab.heard.all("connectionRefused"), [
    { listener: "pop3", address: "127.0.0.1", reason: "too-many-connections" },
  ]);
  for (const open of [user, second, client]) {
    assert.match(await open.ask("CAPA"), /^\+OK/);
    await open.lines();
  }
  assert.equal(lab.server.sessions, 3);
});

test("a hundred silent connections of fifty addresses keep nobody out", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 100, connectionsPerAddressMax: 2 } });
  const silent = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      LabClient.connect(lab.port("pop3"), `127.0.1.${Math.floor(index / 2) + 1}`),
    ),
  );
  await Promise.all(silent.map((client) => client.line()));
  clock.advance(2);
  const client = await lab.connect();
  await client.logIn();
  assert.match(await client.ask("QUIT"), /^\+OK/);
  await lab.heard.summary(2);
  assert.equal(lab.server.sessions, 99);
  for (const stranger of silent) stranger[Symbol.dispose]();
});

test("who has just come makes room for nobody: a flood does not cut the others off", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 1 } });
  const first = await lab.connect();
  const late = await lab.connectRaw();
  assert.equal(await late.rest(), TOO_MANY);
  await first.logIn();
});

test("who has logged in makes room for nobody, however long ago", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 1 } });
  const user = await lab.connect();
  await user.logIn();
  clock.advance(300);
  assert.equal(await (await lab.connectRaw()).rest(), TOO_MANY);
  assert.match(await user.ask("NOOP"), /^\+OK/);
});

test("an address that has its share makes nobody else go", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 2, connectionsPerAddressMax: 1 } });
  const other = await LabClient.connect(lab.port("pop3"), "127.0.1.1");
  await other.line();
  await lab.connect();
  clock.advance(2);
  assert.equal(await (await lab.connectRaw()).rest(), TOO_MANY);
  assert.match(await other.ask("CAPA"), /^\+OK/);
  other[Symbol.dispose]();
});

test("whose password is being checked may have to make room, and then opens nothing", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 1 } });
  const check = new HeldStep();
  lab.authenticator.before = check.hold;
  const slow = await lab.connect();
  slow.send("USER alice@example.test\r\nPASS secret with  spaces \r\n");
  await check.begun;
  clock.advance(2);
  const client = await lab.connect();
  assert.doesNotMatch(await slow.rest(), /maildrop open/);
  check.letGo();
  await lab.heard.summary();
  assert.equal(await lab.isHeld(), false);
  assert.match(await client.ask("CAPA"), /^\+OK/);
});

test("a connection on which TLS has not begun makes room, too", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, limits: { connectionsMax: 1 } });
  const silent = connect({ host: "127.0.0.1", port: lab.port("pop3s") });
  silent.on("error", () => undefined).resume();
  await once(silent, "connect");
  while (lab.server.sessions === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(2);
  await lab.connect();
  await once(silent, "close");
  assert.equal((await lab.heard.summary()).endReason, "too-many-connections");
});

test("who has said that it is a client of POP1 and has logged in stays", async () => {
  const clock = new ManualClock();
  await using lab = await Lab.start({ clock, protocol: "pop1", limits: { connectionsMax: 1 } });
  const user = await lab.connect();
  await user.ask("USER alice@example.test");
  assert.equal(await user.ask("PASS secret with  spaces "), "+OK");
  clock.advance(2);
  assert.equal(await (await lab.connectRaw()).rest(), TOO_MANY);
  assert.equal(await user.ask("NOOP"), "+OK");
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePorts, until } from "@poplar/testkit";
import { password, Standalone } from "../fixtures/standalone.ts";
import { LabClient } from "../server/lab-client.ts";

// What RFC 1939 has left out, on the whole server: LAST, RPOP and XTND, and the versions before.

const BALANCER = "127.0.0.3";
const folder = await mkdtemp(join(tmpdir(), "poplar-older-"));
after(() => rm(folder, { recursive: true }));

let server: Standalone;
let ports: { readonly pop1: number; readonly pop2: number };
before(async () => {
  const config = join(folder, "poplar.yaml");
  await writeFile(
    config,
    `last-command: true
rpop-networks: [127.0.0.1/32]
proxy-networks: [${BALANCER}/32]
bulletins:
  - { name: news, login: news@example.test, archive: old-news@example.test }
  - { name: lost, login: nobody@example.test, readers: domain }
  - { name: motd, login: motd@example.test, readers: everybody }
`,
  );
  const [pop1 = 0, pop2 = 0] = await freePorts(2);
  ports = { pop1, pop2 };
  const listeners = [`--pop1-port=${pop1}`, `--pop2-port=${pop2}`];
  server = await Standalone.start({ flags: [`--config=${config}`, ...listeners] });
});
after(() => server?.[Symbol.asyncDispose]());

test("one lease for all versions: who has a maildrop open keeps the others out, and lets them in after (P3)", async () => {
  const login = await server.addLogin("versions");
  const quoted = password.replaceAll(/[ \\]/g, "\\$&");
  const helo = `HELO ${login} ${quoted}`;
  const enter = async (version: "pop1" | "pop2"): Promise<LabClient> => {
    const client = await LabClient.connect(ports[version]);
    await client.line();
    return client;
  };
  const inPop3 = await server.logIn(login);
  using refused = await enter("pop2");
  assert.equal(await refused.ask(helo), "- another session has this maildrop open");
  await inPop3.ask("QUIT");
  using inPop2 = await enter("pop2");
  assert.equal(await inPop2.ask(helo), "#0 messages");
  await assert.rejects(server.logIn(login), /\[IN-USE\]/);
  using inPop1 = await enter("pop1");
  await inPop1.ask(`USER ${login}`);
  assert.equal(await inPop1.ask(`PASS ${password}`), "+OK");
  assert.equal(await inPop1.ask("RDEL INBOX"), "-ERR another session has this maildrop open");
  await inPop2.ask("QUIT");
  assert.equal(await inPop1.ask("RDEL INBOX"), "#0 octets");
  await assert.rejects(server.logIn(login), /\[IN-USE\]/);
  await inPop1.ask("QUIT");
  await (await server.logIn(login)).ask("QUIT");
});

let people = 0;

/** A login with so many messages. */
async function somebody(messages: number, name = `somebody${(people += 1)}`): Promise<string> {
  const login = await server.addLogin(name);
  for (let number = 1; number <= messages; number += 1) {
    await server.deliver(Buffer.from(`Subject: ${number}\r\n\r\n${name}\r\n`), login);
  }
  return login;
}

async function retrieve(client: LabClient, number: number): Promise<string> {
  assert.match(await client.ask(`RETR ${number}`), /^\+OK/);
  return client.lines();
}

test("LAST knows what earlier sessions have retrieved, and nothing of one that was lost (RFC 1460 §5)", async () => {
  const login = await somebody(4);
  const first = await server.logIn(login);
  assert.equal(await first.ask("LAST"), "+OK 0");
  await retrieve(first, 2);
  assert.equal(await first.ask("LAST"), "+OK 2");
  await first.ask("DELE 1");
  await first.ask("QUIT");
  const second = await server.logIn(login);
  assert.equal(await second.ask("LAST"), "+OK 1");
  await retrieve(second, 3);
  await second.ask("RSET");
  assert.equal(await second.ask("LAST"), "+OK 1");
  await retrieve(second, 3);
  second.socket.destroy();
  const third = await server.logIn(login);
  assert.equal(await third.ask("LAST"), "+OK 1");
  await third.ask("QUIT");
});

test("a bulletin board is read by everybody at once, and changed by nobody but its owner (RFC 1082)", async () => {
  const board = await somebody(3, "news");
  const archive = await somebody(1, "old-news");
  const [alice, bob] = await Promise.all([somebody(1), somebody(1)]);
  const owner = await server.logIn(board);
  assert.equal(await owner.ask("DELE 1"), "+OK message 1 deleted");
  const clients = await Promise.all([alice, bob].map((login) => server.logIn(login)));
  for (const client of clients) {
    assert.match(await client.ask("XTND BBOARDS news"), /^\+OK/);
    assert.equal(await client.lines(), "news 3\r\n");
    assert.match(await client.ask("STAT"), /^\+OK 3 /);
    assert.equal(await client.ask("DELE 1"), "-ERR bulletin boards are read-only");
    assert.match(await retrieve(client, 2), /Subject: 2\r\n\r\nnews\r\n$/);
  }
  // The readers have raised no fence against its owner.
  assert.match(await owner.ask("QUIT"), /^\+OK/);
  for (const client of clients) {
    assert.match(await client.ask("RETR 1"), /^-ERR/);
    assert.match(await retrieve(client, 3), /Subject: 3\r\n/);
    assert.match(await client.ask("XTND ARCHIVE news"), /^\+OK/);
    assert.equal(await client.lines(), "news 1\r\n");
    assert.match(await retrieve(client, 1), new RegExp(`${archive.split("@")[0]}\r\n$`));
    assert.match(await client.ask("QUIT"), /^\+OK/);
  }
  const now = await server.logIn(board);
  assert.match(await now.ask("STAT"), /^\+OK 2 /);
  await now.ask("QUIT");
});

test("a board is for the tenant of its login, for its domain or for everybody, and for others not there (RFC 1082)", async () => {
  await server.call("POST", "/tenants", { name: "acme" });
  await server.call("POST", "/domains", { name: "acme.test", tenant: "acme" });
  await somebody(2, "motd");
  const stranger = await server.addLogin("stranger", "acme.test");
  const sister = await server.addLogin("sister", "sister.test");
  await server.deliver(Buffer.from("Subject: mine\r\n\r\n"), stranger);

  using inTenant = await server.logIn(sister);
  assert.match(await inTenant.ask("XTND BBOARDS"), /^\+OK/);
  assert.match(await inTenant.lines(), /^news \d+\r\nmotd 2\r\n$/);
  assert.match(await inTenant.ask("XTND X-BBOARDS news"), /^\+OK/);
  assert.match(await inTenant.lines(), /^news\r\n/);

  using outside = await server.logIn(stranger);
  await outside.ask("DELE 1");
  assert.match(await outside.ask("XTND BBOARDS"), /^\+OK/);
  assert.equal(await outside.lines(), "motd 2\r\n");
  for (const asked of [
    "BBOARDS news",
    "ARCHIVE news",
    "X-BBOARDS news",
    "BBOARDS lost",
    "BBOARDS nonsense",
  ]) {
    assert.equal(await outside.ask(`XTND ${asked}`), "-ERR there is no such bulletin board", asked);
  }
  // Its maildrop is open as before, and nothing was deleted on the way.
  assert.match(await outside.ask("RSET"), /^\+OK/);
  assert.match(await retrieve(outside, 1), /mine/);
  assert.match(await outside.ask("XTND BBOARDS motd"), /^\+OK/);
  await outside.lines();
  assert.match(await retrieve(outside, 2), /motd\r\n$/);

  // From the move of a domain on, its logins belong to the other tenant.
  await server.call("PUT", "/domains/acme.test/tenant", { tenant: "default" });
  using moved = await server.logIn(stranger);
  assert.match(await moved.ask("XTND BBOARDS news"), /^\+OK/);
  await moved.lines();
  for (const client of [inTenant, outside, moved]) await client.ask("QUIT");
});

test("a maildrop that is left for a board has lost what was marked, and is free; one out of reach changes nothing", async () => {
  const login = await somebody(2);
  const client = await server.logIn(login);
  await client.ask("DELE 2");
  assert.match(await client.ask("XTND BBOARDS lost"), /^-ERR \[SYS\/TEMP\]/);
  assert.match(await client.ask("XTND BBOARDS"), /^-ERR \[SYS\/TEMP\]/);
  assert.match(await client.ask("STAT"), /^\+OK 1 /);
  assert.match(await client.ask("XTND BBOARDS news"), /^\+OK/);
  await client.lines();
  const other = await server.logIn(login);
  assert.match(await other.ask("STAT"), /^\+OK 1 /);
  for (const each of [client, other]) await each.ask("QUIT");
});

/** A client that binds to an address and a port below 1024: what RFC 1081 takes for its superuser's. */
async function reserved(localAddress: string): Promise<LabClient> {
  for (let localPort = 1023; localPort > 600; localPort -= 1) {
    const socket = connect({
      host: "127.0.0.1",
      port: server.ports.pop3,
      localAddress,
      localPort,
      noDelay: true,
    });
    try {
      await once(socket, "connect");
    } catch (err) {
      if (err instanceof Error && "code" in err && err.code === "EADDRINUSE") continue;
      throw new Error("a port below 1024 cannot be bound: run this test as root", { cause: err });
    }
    const client = new LabClient(socket);
    await client.line();
    return client;
  }
  throw new Error("no port below 1024 is free");
}

async function trusted(): Promise<{ readonly login: string; readonly user: string }> {
  const login = await somebody(1);
  const restrictions = { mechanisms: ["USER", "RPOP"] };
  await server.call("PUT", `/logins/${encodeURIComponent(login)}/restrictions`, restrictions);
  return { login, user: login.split("@")[0] ?? "" };
}

const NOT_HERE = "-ERR that way to log in is not available here";

test("RPOP opens a login that was allowed it, for its namesake on a listed host, from a port below 1024 (RFC 1081)", async () => {
  const { login, user } = await trusted();
  using client = await reserved("127.0.0.1");
  await client.ask(`USER ${login}`);
  assert.match(await client.ask(`RPOP ${user}`), /^\+OK/);
  assert.match(await client.ask("STAT"), /^\+OK 1 /);
  await client.ask("QUIT");
  // The audit is written in batches.
  const path = `/audit?subject=${encodeURIComponent(login)}&action=login`;
  await until("the audit has the login", async () => {
    const entries = JSON.stringify(await server.call("GET", path));
    return entries.includes('"mechanism":"RPOP"') && entries.includes('"outcome":"done"');
  });
});

test("RPOP is refused to another name, to a login that was not allowed it, and to one that does not exist", async () => {
  const { login, user } = await trusted();
  const stranger = await somebody(1);
  using client = await reserved("127.0.0.1");
  for (const [name, clientUser] of [
    [login, "root"],
    [stranger, stranger.split("@")[0]],
    ["nobody@example.test", "nobody"],
  ]) {
    await client.ask(`USER ${name}`);
    assert.equal(await client.ask(`RPOP ${clientUser}`), "-ERR [AUTH] invalid name or password");
  }
  await client.ask(`USER ${login}`);
  assert.match(await client.ask(`RPOP ${user}`), /^\+OK/);
});

test("RPOP is refused from a network that is not listed, and from a port that anybody may have", async () => {
  const { login, user } = await trusted();
  using unlisted = await reserved("127.0.0.2");
  using high = await server.connect();
  for (const client of [unlisted, high]) {
    await client.ask(`USER ${login}`);
    assert.equal(await client.ask(`RPOP ${user}`), NOT_HERE);
    await client.ask(`USER ${login}`);
    assert.match(await client.ask(`PASS ${password}`), /^\+OK/);
    await client.ask("QUIT");
  }
});

test("behind a balancer the port counts that the PROXY header names, and not the balancer's own", async () => {
  const { login, user } = await trusted();
  for (const [port, answer] of [
    [1000, /^\+OK/],
    [50_000, /^-ERR that way/],
  ] as const) {
    using client = await LabClient.connect(server.ports.pop3, BALANCER);
    client.send(`PROXY TCP4 127.0.0.1 127.0.0.1 ${port} 110\r\n`);
    await client.line();
    await client.ask(`USER ${login}`);
    assert.match(await client.ask(`RPOP ${user}`), answer);
    await client.ask("QUIT");
  }
});

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { deliverOverLmtp } from "../fixtures/lmtp-client.ts";
import { type Outcome, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";
import type { LabClient } from "../server/lab-client.ts";

const host = "vision25.demon.test";
const sender = "sender@example.test";
/** The second password of the host. */
const second = "pop3 access";

let server: Standalone;
before(async () => {
  server = await Standalone.start({
    flags: ["--sdps", "--default-domain=demon.test", "--name-separators=+%", "--lease-wait-ms=0"],
  });
  await server.call("POST", "/hosts", { name: host, password });
  await server.call("PUT", `/logins/${host}/second-password`, { password: second });
  // What the header says is not what the envelope says.
  for (const localPart of ["john", "mary", "john"]) {
    const octets = Buffer.from(`To: list@lists.example.test\r\nSubject: for ${localPart}\r\n\r\nHello.\r\n`);
    await deliverOverLmtp(server.ports.lmtp, {
      recipients: [`${localPart}@${host}`],
      octets,
      reversePath: sender,
    });
  }
});
after(() => server[Symbol.asyncDispose]());

async function visit(name: string, secret = password): Promise<LabClient> {
  const client = await server.connect();
  await client.logIn(name, secret);
  return client;
}

async function countOf(name: string, secret = password): Promise<number> {
  using client = await visit(name, secret);
  const [, count] = (await client.ask("STAT")).split(" ");
  await client.ask("QUIT");
  return Number(count);
}

async function isRefused(name: string): Promise<boolean> {
  using client = await server.connect();
  await client.ask(`USER ${name}`);
  return (await client.ask(`PASS ${password}`)).startsWith("-ERR [IN-USE]");
}

test("SDPS: the host sees all its mail, john his own, by whichever form of the name and password", async () => {
  for (const secret of [password, second]) {
    strictEqual(await countOf(host, secret), 3);
    strictEqual(await countOf(`john@${host}`, secret), 2);
    strictEqual(await countOf(`mary@${host}`, secret), 1);
    strictEqual(await countOf(`nobody@${host}`, secret), 0);
  }
  strictEqual(await countOf("vision25"), 3);
  strictEqual(await countOf("john@vision25"), 2);
  strictEqual(await countOf(`john+${host}`), 2);
  strictEqual(await countOf(`mary%${host}`), 1);
});

test("SDPS: a session of the whole host keeps john out, and john's keeps the host out", async () => {
  const whole = await visit(host);
  strictEqual(await isRefused(`john@${host}`), true);
  strictEqual(await isRefused(host), true);
  await whole.ask("QUIT");
  const john = await visit(`john@${host}`);
  strictEqual(await isRefused(host), true);
  strictEqual(await isRefused(`john@${host}`), true);
  await john.ask("QUIT");
});

test("SDPS: john and mary are in at once", async () => {
  using john = await visit(`john@${host}`);
  using mary = await visit(`mary@${host}`);
  match(await john.ask("STAT"), /^\+OK 2 /);
  match(await mary.ask("STAT"), /^\+OK 1 /);
  await john.ask("QUIT");
  await mary.ask("QUIT");
});

test("SDPS: *ENV tells the envelope, and RETR begins with Return-Path, which LIST counts", async () => {
  using client = await visit(host);
  match(await client.ask("*ENV 2"), /^\+OK/);
  const lines = (await client.lines()).split("\r\n");
  deepStrictEqual(lines.slice(2, 4), [sender, `mary@${host}`]);
  const [, , octets] = (await client.ask("LIST 2")).split(" ");
  await client.ask("RETR 2");
  const mail = await client.lines();
  match(mail, /^Return-Path: <sender@example\.test>\r\n/);
  strictEqual(mail.length, Number(octets));
  match(await client.ask("*ENV 4"), /^-ERR/);
  await client.ask("QUIT");
});

/** What was handed to whom: the first part of a file's name, and the subject in it. */
const handedOver = (folder: string): readonly string[] =>
  readdirSync(folder)
    .map((name) => {
      const subject = /^Subject: (?<text>.*)$/m.exec(readFileSync(join(folder, name), "latin1"));
      return `${name.replace(/\.[^.]*$/, "")}: ${subject?.groups?.["text"]?.trim()}`;
    })
    .toSorted();

async function fetchmail(t: TestContext, mail: string): Promise<Outcome> {
  const home = temporaryFolder(t);
  const file = join(home, "fetchmailrc");
  const lines = [
    "set no syslog",
    'set postmaster "postmaster"',
    `poll localhost protocol sdps port ${server.ports.pop3} no dns aka ${host}`,
    `user "${host}" password "${second}" sslproto "" to john=jack mary here`,
    `keep fetchall mda "cat > $(mktemp ${mail}/%T.XXXXXXXX)"`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const own = ["--fetchmailrc", file, "--idfile", join(home, "ids"), "--pidfile", join(home, "pid")];
  const parameters = [...own, "--verbose"];
  return runWell("fetchmail", parameters, { env: { FETCHMAILHOME: home } });
}

test("SDPS: fetchmail distributes the mail of a host by its envelopes", async (t) => {
  const folder = temporaryFolder(t);
  const { stdout } = await fetchmail(t, folder);
  match(stdout.toString(), /POP3> \*ENV 1/);
  deepStrictEqual(handedOver(folder), ["jack: for john", "jack: for john", "mary: for mary"]);
});

/** Its destinations stumble over octets where Python 3 wants text, so its retriever stands alone here. */
const getmailProgram = `
import sys
from getmailcore.retrievers import MultidropSDPSRetriever
port, username, password, folder = sys.argv[1:]
retriever = MultidropSDPSRetriever(
    server="localhost", port=int(port), username=username, password=password, getmaildir=folder)
retriever.checkconf()
retriever.initialize({"read_all": True, "delete": False})
for box in retriever.mailboxes:
    for name in list(retriever):
        message = retriever.getmsg(name)
        print("envelope", message.sender.decode(), message.recipient.decode(), message.content()["subject"])
retriever.quit()
`;

test("SDPS: getmail's retriever for it learns sender and recipient", async (t) => {
  const parameters = ["-c", getmailProgram, String(server.ports.pop3), host, second, temporaryFolder(t)];
  const { stdout } = await runWell("/usr/bin/python3", parameters);
  // Among what it logs.
  deepStrictEqual(
    stdout
      .toString()
      .match(/envelope \S+@.*$/gm)
      ?.toSorted(),
    [
      `envelope ${sender} john@${host} for john`,
      `envelope ${sender} john@${host} for john`,
      `envelope ${sender} mary@${host} for mary`,
    ],
  );
});

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { until } from "@poplar/testkit";
import { temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { Postfix } from "../fixtures/postfix.ts";
import { runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

let server: Standalone;
let postfix: Postfix;
before(async () => {
  server = await Standalone.start();
  postfix = await Postfix.start(server.ports.lmtp);
});
after(async () => {
  await postfix?.[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const body = [
  ".a line that begins with a dot",
  "..",
  "Grüße aus dem Norden 🌳",
  "From the beginning",
  "",
  "end",
].join("\n");

/** Hands a message to Postfix, as a mail server on the internet would. */
async function send(to: readonly string[], from = "sender@elsewhere.test"): Promise<string> {
  const message = `From: ${from}\nTo: ${to.join(", ")}\nSubject: by Postfix\n\n${body}`;
  const place = ["--server", `127.0.0.1:${postfix.smtpPort}`, "--helo", "mail.elsewhere.test"];
  const envelope = ["--from", from, "--to", to.join(",")];
  const { stdout } = await runProgram("swaks", [...place, ...envelope, "--data", "-"], { input: message });
  return stdout.toString();
}

/** Collects with fetchmail, deleting on the server. */
async function collect(t: TestContext, login: string): Promise<string[]> {
  const home = temporaryFolder(t);
  const maildir = join(home, "mail");
  mkdirSync(maildir);
  const file = join(home, "fetchmailrc");
  const lines = [
    `poll 127.0.0.1 protocol pop3 port ${server.ports.pop3}`,
    `user "${login}" password "${password.replaceAll('"', String.raw`\042`)}" sslproto ""`,
    `no keep no rewrite pass8bits no mimedecode mda "cat > $(mktemp ${maildir}/XXXXXXXX)"`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  chmodSync(file, 0o600);
  const parameters = ["--fetchmailrc", file, "--pidfile", join(home, "pid"), "--invisible"];
  await runWell("fetchmail", parameters, { env: { FETCHMAILHOME: home } });
  return readdirSync(maildir).map((name) => readFileSync(join(maildir, name), "utf8"));
}

const untilDelivered = async (login: string, count: number): Promise<void> =>
  until(
    `${login} has ${count} messages`,
    async () => (await uniqueIds(server, login)).length === count,
    20_000,
  );

test("mail goes from Postfix over LMTP to Poplar, and fetchmail collects it", async (t) => {
  const login = await server.addLogin("alice");
  match(await send([login]), /queued as/);
  await untilDelivered(login, 1);
  const [message = ""] = await collect(t, login);
  ok(message.endsWith(`\n\n${body}\n`), message);
  match(message, /^Return-Path: <sender@elsewhere\.test>$/m);
  match(message, /^Delivered-To: alice@example\.test$/m);
  match(message, /^Received: .*\n\tby .* with LMTP/m);
  match(message, /^Received: from mail\.elsewhere\.test/m);
  deepStrictEqual(await uniqueIds(server, login), []);
});

test("one message to several recipients comes over in one transaction of LMTP", async (t) => {
  const logins = await Promise.all(["one", "two", "three"].map((name) => server.addLogin(name)));
  match(await send(logins), /queued as/);
  for (const login of logins) {
    await untilDelivered(login, 1);
    const [message = ""] = await collect(t, login);
    match(message, new RegExp(`^Delivered-To: ${login}$`, "m"));
  }
  const ids = logins.map(
    (login) => new RegExp(`(\\w+): to=<${login}>, relay=.*status=sent`).exec(postfix.log)?.[1],
  );
  strictEqual(new Set(ids).size, 1);
});

test("Postfix refuses an unknown recipient while the sender is still there, because Poplar says so", async () => {
  match(await send(["nobody@example.test"]), /^<\*\* 550 5\.1\.1 /m);
});

test("a bounce keeps its empty reverse-path", async (t) => {
  const login = await server.addLogin("bounced");
  match(await send([login], "<>"), /queued as/);
  await untilDelivered(login, 1);
  const [message = ""] = await collect(t, login);
  match(message, /^Return-Path: <>$/m);
});

test("mail that arrives while Poplar is down waits with Postfix and comes later", async () => {
  const login = await server.addLogin("patient");
  match(await send([login]), /queued as/);
  await untilDelivered(login, 1);
  await server.process.stop();
  match(await send([login]), /queued as/);
  await until(
    "Postfix has tried",
    () => /to=<patient@example\.test>.*status=deferred/.test(postfix.log),
    20_000,
  );
  await server.process.start();
  await postfix.flush();
  await untilDelivered(login, 2);
});

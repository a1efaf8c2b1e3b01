import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { assertSameMail, loginWithMail, temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { inLf, nastyMail, withoutEnd } from "../fixtures/nasty-mail.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

// getmail stands on poplib, which refuses lines of more than 2048 octets.
const mail = [...nastyMail, withoutEnd];

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(() => server[Symbol.asyncDispose]());

interface Account {
  readonly login: string;
  readonly way: "plain" | "pop3s";
  readonly isKept: boolean;
  readonly secret?: string;
}

/** getmail with a folder for what it has seen, and one for mail. */
class Getmail {
  readonly #home: string;
  readonly #maildir: string;

  constructor(t: TestContext) {
    this.#home = temporaryFolder(t);
    this.#maildir = join(this.#home, "mail");
    mkdirSync(this.#maildir);
  }

  parameters({ login, way, isKept, secret = password }: Account): readonly string[] {
    const lines = [
      "[retriever]",
      `type = SimplePOP3${way === "pop3s" ? "SSL" : ""}Retriever`,
      "server = localhost",
      `port = ${way === "pop3s" ? server.ports.pop3s : server.ports.pop3}`,
      ...(way === "pop3s" ? [`ca_certs = ${server.certificateFile}`] : []),
      `username = ${login}`,
      // Interpolated by Python's configparser.
      `password = ${secret.replaceAll("%", "%%")}`,
      "[destination]",
      // Its own maildir destination refuses to write as root.
      "type = MDA_external",
      "path = /bin/sh",
      `arguments = ("-c", "cat > $(mktemp ${this.#maildir}/XXXXXXXX)")`,
      "allow_root_commands = true",
      "[options]",
      `delete = ${isKept ? "false" : "true"}`,
      "read_all = false",
      "delivered_to = false",
      "received = false",
    ];
    writeFileSync(join(this.#home, "getmailrc"), `${lines.join("\n")}\n`);
    return [`--getmaildir=${this.#home}`, "--rcfile=getmailrc"];
  }

  run(account: Account): Promise<Outcome> {
    return runWell("getmail", this.parameters(account));
  }

  get received(): Buffer[] {
    return readdirSync(this.#maildir).map((name) => readFileSync(join(this.#maildir, name)));
  }
}

for (const way of ["plain", "pop3s"] as const) {
  test(`getmail that keeps mail on the server fetches each message once (${way})`, async (t) => {
    const login = await loginWithMail(server, `keep-${way}`, mail);
    const onServer = await uniqueIds(server, login);
    const getmail = new Getmail(t);
    await getmail.run({ login, way, isKept: true });
    assertSameMail(getmail.received, mail, inLf);
    await getmail.run({ login, way, isKept: true });
    strictEqual(getmail.received.length, mail.length, "nothing is fetched twice");
    deepStrictEqual(await uniqueIds(server, login), onServer, "all is still there");
  });
}

test("getmail that deletes leaves an empty maildrop, and finds nothing the next time", async (t) => {
  const login = await loginWithMail(server, "delete", mail);
  const getmail = new Getmail(t);
  await getmail.run({ login, way: "pop3s", isKept: false });
  assertSameMail(getmail.received, mail, inLf);
  deepStrictEqual(await uniqueIds(server, login), []);
  await getmail.run({ login, way: "pop3s", isKept: false });
  strictEqual(getmail.received.length, mail.length);
});

test("getmail is told that a password is wrong", async (t) => {
  const login = await loginWithMail(server, "wrong", []);
  const account = { login, way: "pop3s", isKept: true, secret: "wrong" } as const;
  const { stdout, stderr } = await runProgram("getmail", new Getmail(t).parameters(account));
  match(stdout.toString() + stderr, /credential|login|\[AUTH\]/i);
});

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { assertSameMail, loginWithMail, temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { inLf, nastyMail, withoutEnd } from "../fixtures/nasty-mail.ts";
import { type Outcome, runProgram } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

// Without lines longer than its buffer of 8 KB, which it breaks.
const mail = [...nastyMail, withoutEnd];
const extra = [{ name: "extra", octets: Buffer.from("X-Case: extra\r\n\r\nOne more.\r\n") }];

/** What fetchmail's own manual says of its exit code. */
const exitCodes = { fetched: 0, noMail: 1, loginFailed: 3 } as const;

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(() => server[Symbol.asyncDispose]());

interface Poll {
  readonly login: string;
  readonly way: "plain" | "STLS" | "pop3s";
  readonly isKept: boolean;
  readonly secret?: string;
}

/** fetchmail with a home of its own, where it keeps what it has seen. */
class Fetchmail {
  readonly #home: string;
  readonly #maildir: string;

  constructor(t: TestContext) {
    this.#home = temporaryFolder(t);
    this.#maildir = join(this.#home, "mail");
    mkdirSync(this.#maildir);
  }

  async run({ login, way, isKept, secret = password }: Poll): Promise<Outcome> {
    const file = join(this.#home, "fetchmailrc");
    const certificate = `sslcertck sslcertfile "${server.certificateFile}" sslcommonname "localhost"`;
    const tls = {
      plain: `sslproto ""`,
      STLS: `sslproto "TLS1.2+" ${certificate}`,
      pop3s: `ssl ${certificate}`,
    };
    const lines = [
      "set no syslog",
      `poll localhost protocol pop3 uidl port ${way === "pop3s" ? server.ports.pop3s : server.ports.pop3}`,
      `user "${login}" password "${secret.replaceAll('"', String.raw`\042`)}" ${tls[way]}`,
      // Mail as it is: no header of fetchmail's own, nothing rewritten.
      `${isKept ? "keep" : "no keep"} no rewrite pass8bits no mimedecode`,
      `mda "cat > $(mktemp ${this.#maildir}/XXXXXXXX)"`,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    chmodSync(file, 0o600);
    const ids = join(this.#home, "ids");
    const own = ["--fetchmailrc", file, "--idfile", ids, "--pidfile", join(this.#home, "pid")];
    const parameters = [...own, "--invisible", "--verbose"];
    return runProgram("fetchmail", parameters, { env: { FETCHMAILHOME: this.#home } });
  }

  /** What it has handed over so far. */
  get received(): Buffer[] {
    return readdirSync(this.#maildir).map((name) => readFileSync(join(this.#maildir, name)));
  }
}

const assertExit = ({ exitCode, stdout, stderr }: Outcome, wanted: number): void =>
  strictEqual(exitCode, wanted, `${stdout.toString("latin1").slice(-4000)}${stderr.slice(-2000)}`);

for (const way of ["plain", "STLS", "pop3s"] as const) {
  test(`fetchmail that keeps mail on the server fetches each message once (${way})`, async (t) => {
    const login = await loginWithMail(server, `keep-${way.toLowerCase()}`, mail);
    const onServer = await uniqueIds(server, login);
    const fetchmail = new Fetchmail(t);
    assertExit(await fetchmail.run({ login, way, isKept: true }), exitCodes.fetched);
    assertSameMail(fetchmail.received, mail, inLf);
    assertExit(await fetchmail.run({ login, way, isKept: true }), exitCodes.noMail);
    strictEqual(fetchmail.received.length, mail.length, "nothing is fetched twice");
    deepStrictEqual(await uniqueIds(server, login), onServer, "all is still there");
    await server.deliver(extra[0]!.octets, login);
    assertExit(await fetchmail.run({ login, way, isKept: true }), exitCodes.fetched);
    assertSameMail(fetchmail.received, [...mail, ...extra], inLf);
  });
}

test("fetchmail that deletes leaves an empty maildrop, and finds nothing the next time", async (t) => {
  const login = await loginWithMail(server, "delete", mail);
  const fetchmail = new Fetchmail(t);
  assertExit(await fetchmail.run({ login, way: "STLS", isKept: false }), exitCodes.fetched);
  assertSameMail(fetchmail.received, mail, inLf);
  deepStrictEqual(await uniqueIds(server, login), []);
  assertExit(await fetchmail.run({ login, way: "STLS", isKept: false }), exitCodes.noMail);
  strictEqual(fetchmail.received.length, mail.length);
});

test("fetchmail understands that a password is wrong", async (t) => {
  const login = await loginWithMail(server, "wrong", extra);
  const outcome = await new Fetchmail(t).run({ login, way: "STLS", isKept: true, secret: "wrong" });
  assertExit(outcome, exitCodes.loginFailed);
});

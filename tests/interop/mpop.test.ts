import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { assertSameMail, loginWithMail, temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { inLf, longLines, nastyMail, withoutEnd } from "../fixtures/nasty-mail.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

const mail = [...nastyMail, longLines, withoutEnd];

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(() => server[Symbol.asyncDispose]());

interface Account {
  readonly login: string;
  readonly way: "plain" | "STLS" | "pop3s";
  readonly isKept: boolean;
  readonly secret?: string;
}

/** mpop, which pipelines where CAPA offers it, with a maildir and a file of unique-ids. */
class Mpop {
  readonly #home: string;
  readonly #maildir: string;

  constructor(t: TestContext) {
    this.#home = temporaryFolder(t);
    this.#maildir = join(this.#home, "mail");
    for (const folder of ["", "cur", "new", "tmp"]) mkdirSync(join(this.#maildir, folder));
  }

  async parameters({ login, way, isKept, secret = password }: Account): Promise<readonly string[]> {
    const file = join(this.#home, "mpoprc");
    const lines = [
      "account default",
      "host localhost",
      `port ${way === "pop3s" ? server.ports.pop3s : server.ports.pop3}`,
      `user ${login}`,
      `passwordeval printf '%s\\n' '${secret.replaceAll("'", `'\\''`)}'`,
      `auth user`,
      `tls ${way === "plain" ? "off" : "on"}`,
      `tls_starttls ${way === "STLS" ? "on" : "off"}`,
      `tls_fingerprint ${await this.#fingerprint()}`,
      `keep ${isKept ? "on" : "off"}`,
      `uidls_file ${join(this.#home, "uidls")}`,
      `delivery maildir ${this.#maildir}`,
      "received_header off",
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    chmodSync(file, 0o600);
    return [`--file=${file}`];
  }

  async run(account: Account): Promise<Outcome> {
    return runWell("mpop", await this.parameters(account));
  }

  get received(): Buffer[] {
    const folder = join(this.#maildir, "new");
    return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  }

  async #fingerprint(): Promise<string> {
    const parameters = ["x509", "-in", server.certificateFile, "-noout", "-fingerprint", "-sha256"];
    return (await runWell("openssl", parameters)).stdout.toString().trim().replace(/^.*=/, "");
  }
}

for (const way of ["plain", "STLS", "pop3s"] as const) {
  test(`mpop that keeps mail on the server fetches each message once (${way})`, async (t) => {
    const login = await loginWithMail(server, `keep-${way.toLowerCase()}`, mail);
    const onServer = await uniqueIds(server, login);
    const mpop = new Mpop(t);
    await mpop.run({ login, way, isKept: true });
    assertSameMail(mpop.received, mail, inLf);
    await mpop.run({ login, way, isKept: true });
    strictEqual(mpop.received.length, mail.length, "nothing is fetched twice");
    deepStrictEqual(await uniqueIds(server, login), onServer, "all is still there");
  });
}

test("mpop that deletes leaves an empty maildrop, and finds nothing the next time", async (t) => {
  const login = await loginWithMail(server, "delete", mail);
  const mpop = new Mpop(t);
  await mpop.run({ login, way: "STLS", isKept: false });
  assertSameMail(mpop.received, mail, inLf);
  deepStrictEqual(await uniqueIds(server, login), []);
  await mpop.run({ login, way: "STLS", isKept: false });
  strictEqual(mpop.received.length, mail.length);
});

test("mpop is told that a password is wrong", async (t) => {
  const login = await loginWithMail(server, "wrong", []);
  const parameters = await new Mpop(t).parameters({ login, way: "STLS", isKept: true, secret: "wrong" });
  notStrictEqual((await runProgram("mpop", parameters)).exitCode, 0);
});

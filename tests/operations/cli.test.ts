import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { apiFiles } from "@poplar/config";
import { type Lab, startLab } from "./lab.ts";
import { ended, launcher, poplar, run, succeed } from "./run-poplar.ts";

async function labWithAlice(t: TestContext): Promise<Lab> {
  const lab = await startLab(t);
  await succeed(lab, ["domain", "add", "example.test"]);
  await succeed(lab, ["login", "add", "alice@example.test", "--password-stdin"], "secret\n");
  return lab;
}

test("a domain, a login and a message, from nothing to the listing", async (t) => {
  const lab = await startLab(t);
  assert.equal(await succeed(lab, ["domain", "add", "Example.test"]), "Added the domain example.test.\n");
  const args = ["login", "add", "alice@example.test", "--password-stdin", "--quota", "1M"];
  assert.match(await succeed(lab, args, "secret\n"), /^Added the login alice@example\.test/);
  const message = Buffer.from("Subject: hi\n\nHello.\n");
  const deliver = ["maildrop", "deliver", "alice@example.test", "--from", "bob@other.test"];
  assert.match(await succeed(lab, deliver, message), /^Delivered 1 message to alice@example\.test \(uid 1\)/);
  assert.match(await succeed(lab, ["maildrop", "messages", "alice@example.test"]), /<bob@other\.test>/);
  assert.match(
    await succeed(lab, ["maildrop", "show", "alice@example.test"]),
    /messages +1\n.*\nquota +1\.0 MiB/,
  );
  assert.match(await succeed(lab, ["maildrop", "list"]), /^ *1 +alice@example\.test +1 /m);
  assert.match(await succeed(lab, ["domain", "list"]), /^DOMAIN +LOGINS.*\nexample\.test +1 /);
});

test("the password that is stored is the one of standard input, without its line end", async (t) => {
  const lab = await labWithAlice(t);
  await succeed(lab, ["login", "set-password", "alice@example.test", "--password-stdin"], "  new one \r\n");
  const login = await lab.store.logins.findLogin("alice@example.test");
  assert.ok(login !== undefined && "credentials" in login);
  assert.equal(login.credentials[0]?.verifier, "hash of   new one ");
});

test("on a terminal the password is asked for twice, and not echoed", async (t) => {
  const lab = await labWithAlice(t);
  const command = [process.execPath, launcher, "login", "set-password", "alice@example.test"];
  const child = spawn("script", ["-qec", [...command, "--data-dir", lab.dataDir].join(" "), "/dev/null"], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1", TERM: "dumb" },
  });
  let screen = "";
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
    if (/(Password|Again): $/.test(screen)) child.stdin.write("hunter2\r");
  });
  await ended(child);
  assert.equal(child.exitCode, 0, screen);
  assert.match(screen, /Password: \r\nAgain: \r\nChanged the password/);
  assert.doesNotMatch(screen, /hunter2/);
  const login = await lab.store.logins.findLogin("alice@example.test");
  assert.ok(login !== undefined && "credentials" in login);
  assert.equal(login.credentials[0]?.verifier, "hash of hunter2");
});

test("without a terminal and without --password-stdin nothing is guessed", async (t) => {
  const lab = await labWithAlice(t);
  const { code, err } = await poplar(lab, ["login", "add", "bob@example.test"], "secret\n");
  assert.equal(code, 2);
  assert.match(err, /add --password-stdin/);
});

test("a login is disabled, enabled, shown and removed", async (t) => {
  const lab = await labWithAlice(t);
  const show = (): Promise<string> => succeed(lab, ["login", "show", "alice@example.test"]);
  await succeed(lab, ["login", "disable", "alice@example.test"]);
  assert.match(await show(), /state +disabled/);
  await succeed(lab, ["login", "enable", "alice@example.test"]);
  assert.match(await show(), /state +enabled/);
  await succeed(lab, ["maildrop", "deliver", "alice@example.test"], "a: b\n\nc\n");
  const refused = await poplar(lab, ["login", "remove", "alice@example.test"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /still has 1 message/);
  await succeed(lab, ["login", "remove", "alice@example.test", "--purge"]);
  assert.match(await succeed(lab, ["login", "list"]), /^There is no login/);
});

test("addresses and catch-alls lead mail to a login", async (t) => {
  const lab = await labWithAlice(t);
  await succeed(lab, ["address", "add", "sales@example.test", "alice@example.test"]);
  await succeed(lab, ["maildrop", "deliver", "sales@example.test"], "a: b\n\nc\n");
  assert.match(await succeed(lab, ["maildrop", "messages", "alice@example.test"]), /sales@example\.test/);
  await succeed(lab, ["address", "remove", "sales@example.test"]);
  const { code, err } = await poplar(lab, ["maildrop", "deliver", "sales@example.test"], "a: b\n\nc\n");
  assert.equal(code, 1);
  assert.equal(err, "poplar: There is no login or address sales@example.test.\n");
});

test("several files are delivered in their order", async (t) => {
  const lab = await labWithAlice(t);
  const files = ["one.eml", "two.eml"].map((name) => join(lab.dataDir, name));
  for (const file of files) writeFileSync(file, `Subject: ${file}\n\n`);
  const out = await succeed(lab, ["maildrop", "deliver", "alice@example.test", ...files, "--json"]);
  assert.partialDeepStrictEqual(JSON.parse(out), [{ uid: 1 }, { uid: 2 }]);
  const missing = await poplar(lab, ["maildrop", "deliver", "alice@example.test", join(lab.dataDir, "none")]);
  assert.deepEqual([missing.code, /cannot be read \(ENOENT\)/.test(missing.err)], [2, true]);
});

test("with --json every answer and every refusal is JSON", async (t) => {
  const lab = await labWithAlice(t);
  const commands = [
    ["domain", "list"],
    ["login", "list"],
    ["login", "show", "alice@example.test"],
    ["login", "disable", "alice@example.test"],
    ["maildrop", "messages", "alice@example.test"],
    ["config", "show"],
    ["doctor"],
  ];
  await Promise.all(
    commands.map(async (args) => assert.ok(JSON.parse(await succeed(lab, [...args, "--json"])))),
  );
  const { code, out, err } = await poplar(lab, ["domain", "add", "example.test", "--json"]);
  assert.deepEqual([code, out], [1, ""]);
  const error = { code: "already-exists", message: "example.test exists already." };
  assert.deepEqual(JSON.parse(err), { error });
});

test("what a stranger put into an envelope does not steer the terminal", async (t) => {
  const lab = await labWithAlice(t);
  t.mock.method(lab.store.registry, "listMessages", () =>
    Promise.resolve([
      {
        uid: 1,
        uniqueId: "u.1",
        octets: 1,
        receivedAt: new Date(),
        reversePath: "\u001b]0;x\u0007",
        recipient: "a",
      },
    ]),
  );
  assert.doesNotMatch(await succeed(lab, ["maildrop", "messages", "alice@example.test"]), /[^\P{Cc}\n]/u);
});

test("when no server runs, one sentence says so, with exit code 3", async (t) => {
  const lab = await startLab(t);
  await lab.http.close();
  const gone = await poplar(lab, ["domain", "list"]);
  assert.equal(gone.code, 3);
  assert.match(
    gone.err,
    /^poplar: No server answers at http:\/\/127\.0\.0\.1:\d+ \(connection refused\)\..*\n$/,
  );
  rmSync(apiFiles(lab.dataDir).url);
  const never = await poplar(lab, ["domain", "list"]);
  assert.equal(never.code, 3);
  assert.match(never.err, /^poplar: No server was started here: there is no \/.*\/api-url\..*\n$/);
});

test("a database that is down is exit code 3, a wrong token 4", async (t) => {
  const lab = await startLab(t);
  lab.store.setDown(new Error("gone"));
  assert.equal((await poplar(lab, ["domain", "list"])).code, 3);
  writeFileSync(apiFiles(lab.dataDir).token, "wrong\n");
  assert.equal((await poplar(lab, ["domain", "list"])).code, 4);
  rmSync(apiFiles(lab.dataDir).token);
  const { code, err } = await poplar(lab, ["domain", "list"]);
  assert.equal(code, 4);
  assert.match(err, /There is no API token/);
});

test("the server can be named by the environment", async (t) => {
  const lab = await startLab(t);
  const file = join(lab.dataDir, "elsewhere");
  writeFileSync(file, lab.token);
  const env = { POPLAR_API_URL: lab.http.url, POPLAR_API_TOKEN_FILE: file };
  assert.equal((await run({ args: ["domain", "list"], env })).code, 0);
  const typo = await run({ args: ["domain", "list"], env: { POPLAR_API_ULR: lab.http.url } });
  assert.equal(typo.code, 2);
  assert.match(typo.err, /Did you mean POPLAR_API_URL\?/);
});

test("a wrong command is exit code 2, and help is 0", async () => {
  const wrong = [["dmain"], ["domain"], ["domain", "add"], ["login", "list", "--nonsense"]];
  const codes = await Promise.all(wrong.map(async (args) => (await run({ args })).code));
  assert.deepEqual(codes, [2, 2, 2, 2]);
  const right = [["--help"], ["login", "add", "--help"], ["--version"]];
  for (const { code, err } of await Promise.all(right.map((args) => run({ args })))) {
    assert.deepEqual([code, err], [0, ""]);
  }
});

test("config check lists what is wrong, and show what is in force, without a server", async () => {
  const wrong = await run({ args: ["config", "check", "--", "--pop3-port", "x", "--autologout-seconds=5"] });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /--pop3-port: .*\n.*--autologout-seconds: /);
  assert.equal((await run({ args: ["config", "check"] })).code, 0);
  const env = { POPLAR_POSTGRES_URL: "postgres://u:hunter2@db/poplar" };
  const { out } = await run({ args: ["config", "show"], env });
  assert.match(out, /^postgres-url: postgres:\/\/u:\*\*\*@db\/poplar {2}# POPLAR_POSTGRES_URL$/m);
  assert.match((await run({ args: ["config", "docs"] })).out, /^# Configuration\n/);
});

test("doctor finds a healthy server healthy", async (t) => {
  const lab = await startLab(t);
  lab.self.listeners = [{ name: "http", address: lab.http.address }];
  lab.self.certificates = [{ subject: "mail.example.test", notAfter: inDays(90) }];
  const out = await succeed(lab, ["doctor"]);
  for (const check of ["server", "token", "version", "postgres", "http", "certificate"]) {
    assert.match(out, new RegExp(`^ok +${check} `, "m"));
  }
});

test("doctor names what is wrong and what to do", async (t) => {
  const lab = await startLab(t);
  lab.self.postgres = { isUp: false, detail: "connection refused" };
  lab.self.listeners = [{ name: "pop3", address: await closedPort() }];
  lab.self.certificates = [
    { subject: "old.test", notAfter: inDays(-1) },
    { subject: "soon.test", notAfter: inDays(3) },
  ];
  lab.self.version = "9.9.9";
  const { code, out } = await poplar(lab, ["doctor"]);
  assert.equal(code, 1);
  assert.match(out, /^warn +version /m);
  assert.match(out, /^FAIL +postgres +connection refused\n +See that postgres runs/m);
  assert.match(out, /^FAIL +pop3 +nothing answers on 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/m);
  assert.match(out, /^FAIL +certificate +old\.test.*expired/m);
  assert.match(out, /^warn +certificate +soon\.test.*days left/m);
  assert.doesNotMatch(out, /^ok +secrets/m);
  chmodSync(join(lab.dataDir, "api-token"), 0o644);
  const open = await poplar(lab, ["doctor"]);
  assert.match(open.out, /^warn +secrets +.*api-token is open to everybody .*\(mode 644\)\n +chmod o= /m);
  await lab.http.close();
  const gone = await poplar(lab, ["doctor"]);
  assert.equal(gone.code, 3);
  assert.match(gone.out, /^FAIL +server +No server answers at .*\n +Start it with npm start/m);
});

test("poplar can be started from any folder, and hands its exit code on", async (t) => {
  const lab = await startLab(t);
  const folder = join(lab.dataDir, "empty");
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  const child = spawn(process.execPath, [launcher, "domain", "list"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], POPLAR_DATA_DIR: ".." },
    stdio: "ignore",
  });
  await ended(child);
  assert.equal(child.exitCode, 0);
});

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000 + 3_600_000).toISOString();

/** An address where nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  assert.ok(typeof bound === "object" && bound !== null);
  server.close();
  await once(server, "close");
  return `127.0.0.1:${bound.port}`;
}

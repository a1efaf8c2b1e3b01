import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { until } from "@poplar/testkit";
import { temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { portFlags, Standalone, somePorts, standaloneScript } from "../fixtures/standalone.ts";

const sources = "--conditions=@poplar/source";

/** Runs the server with flags that it cannot start with, to its end. */
const runRefused = (flags: readonly string[], env: Record<string, string> = {}): Promise<Outcome> =>
  runProgram(process.execPath, [sources, standaloneScript, ...flags], { env, timeoutMs: 60_000 });

/** Sees that it ended with one clear sentence, and no trace of a program's insides. */
function assertRefusal({ exitCode, stderr }: Outcome, code: number, sentence: RegExp): void {
  match(stderr, sentence);
  doesNotMatch(stderr, /\n\s+at |unexpected error|\[object/, "no stack trace");
  strictEqual(stderr.trimEnd().split("\n").length, 1, stderr);
  strictEqual(exitCode, code, stderr);
}

test("the first start prints a curl line that fetches a message; the second one keeps everything", async () => {
  const begunAt = performance.now();
  await using server = await Standalone.start({ hasDemo: true });
  const firstMs = performance.now() - begunAt;
  await until("the welcome text", () => server.process.output.includes("Ctrl-C"));
  const line = /^ *(curl .*)$/m.exec(server.process.output)?.[1] ?? "(no curl line)";
  match(server.process.output, /^Poplar is ready\.$/m);
  const { stdout: first } = await runWell("sh", ["-c", line]);
  match(first.toString(), /^Subject: Welcome to Poplar\r$/m);
  const login = await server.addLogin("alice");
  await server.deliver(Buffer.from("Subject: kept\r\n\r\nKept.\r\n"), login);
  const onServer = await uniqueIds(server, login);
  strictEqual(onServer.length, 1);
  strictEqual(await server.process.stop(), 0);

  const begunAgainAt = performance.now();
  await server.process.start();
  const secondMs = performance.now() - begunAgainAt;
  ok(secondMs < firstMs, `with nothing to make it took ${secondMs.toFixed(0)} ms, not ${firstMs.toFixed(0)}`);
  deepStrictEqual(await uniqueIds(server, login), onServer);
  deepStrictEqual((await runWell("sh", ["-c", line])).stdout, first);
});

test("the command line makes domain, login and message while the server runs on its embedded database", async () => {
  await using server = await Standalone.start();
  const cli = resolve(import.meta.dirname, "../../apps/cli/src/main.ts");
  const poplar = (words: string[], input = ""): Promise<Outcome> =>
    runWell(process.execPath, [sources, cli, ...words, "--data-dir", server.dataDir], { input });
  await poplar(["domain", "add", "example.org"]);
  await poplar(["login", "add", "bob@example.org", "--password-stdin"], "open sesame");
  await poplar(["maildrop", "deliver", "bob@example.org"], "Subject: by hand\n\n.\nHello.\n");
  using client = await server.connect();
  await client.logIn("bob@example.org", "open sesame");
  match(await client.ask("RETR 1"), /^\+OK/);
  match(await client.lines(), /Subject: by hand\r\n\r\n\.\.\r\nHello\.\r\n$/);
});

const wrongConfigurations: readonly [name: string, flags: readonly string[], sentence: RegExp][] = [
  ["an unknown flag", ["--nonsense"], /--nonsense: There is no such flag/],
  ["a port that is none", ["--pop3-port", "abc"], /--pop3-port: "abc" cannot be used\. Give a port/],
  ["one port for two", ["--pop3-port=21110", "--pop3s-port=21110"], /Port 21110 is also that of --pop3-port/],
  [
    "no listener at all",
    ["--pop3-port=0", "--pop3s-port=0", "--lmtp-port=0"],
    /Every listener is switched off/,
  ],
  ["a certificate without its key", ["--tls-cert=/etc/passwd"], /belong together/],
  [
    "a URL that is no Postgres",
    ["--postgres-url=http://name:secret@host/"],
    /--postgres-url: The value \(not sh/,
  ],
  [
    "a config file that is not there",
    ["--config=/nonexistent.yaml"],
    /nonexistent\.yaml: The config file does not/,
  ],
];
describe("wrong configuration: one sentence, exit code 2", { concurrency: 2 }, () => {
  for (const [name, flags, sentence] of wrongConfigurations) {
    test(name, async () => {
      assertRefusal(await runRefused(flags), 2, sentence);
    });
  }
});

test("a wrong variable and a wrong key of the config file: one sentence, exit code 2", async (t) => {
  const wrongVariable = await runRefused([], { POPLAR_NONSENSE: "1" });
  assertRefusal(wrongVariable, 2, /POPLAR_NONSENSE: There is no such variable/);
  const file = join(temporaryFolder(t), "poplar.yaml");
  writeFileSync(file, "host: 127.0.0.1\nnonsense: 1\n");
  assertRefusal(await runRefused(["--config", file]), 2, /poplar\.yaml:2 nonsense: There is no such key/);
});

/** Somebody else's listener. @returns its port. */
async function occupiedPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a port in use: one sentence, exit code 1, and no Postgres is left behind", async (t) => {
  const dataDir = temporaryFolder(t);
  for (const listener of ["pop3", "pop3s", "lmtp", "http"] as const) {
    const ports = { ...(await somePorts()), [listener]: await occupiedPort(t) };
    const flags = [`--data-dir=${dataDir}`, ...portFlags(ports), "--no-demo", "--log-level=silent"];
    const where = `${listener} cannot listen on 127.0.0.1:${ports[listener]}`;
    assertRefusal(await runRefused(flags), 1, new RegExp(`${where}: the port is in use`));
    strictEqual(existsSync(join(dataDir, "cluster", "postmaster.pid")), false);
  }
});

test("a data folder that is a file, below a file, or nowhere: one sentence, exit code 1", async (t) => {
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "");
  for (const dataDir of [file, join(file, "data"), "/proc/nowhere/data"]) {
    const outcome = await runRefused([`--data-dir=${dataDir}`]);
    assertRefusal(outcome, 1, new RegExp(`The data folder ${dataDir} cannot be used \\(`));
  }
});

test("a data folder that may not be written: one sentence, exit code 1", async (t) => {
  const closed = temporaryFolder(t);
  const dataDir = join(closed, "data");
  const isRoot = process.getuid?.() === 0;
  // Nothing is closed to root, but Postgres runs as somebody else then.
  if (isRoot) mkdirSync(dataDir);
  chmodSync(closed, isRoot ? 0o700 : 0o500);
  const outcome = await runRefused([`--data-dir=${dataDir}`]);
  assertRefusal(outcome, 1, isRoot ? /out of reach for the account/ : /cannot be used \(permission denied\)/);
});

test("a second server on the same data folder is turned away, and the first goes on", async () => {
  await using server = await Standalone.start();
  const outcome = await runRefused([`--data-dir=${server.dataDir}`, ...portFlags(await somePorts())]);
  assertRefusal(outcome, 1, new RegExp(`the data folder ${server.dataDir} is in use by process \\d+`));
  using client = await server.connect();
  match(await client.ask("QUIT"), /^\+OK/);
});

test("a token of the API that cannot be read: one sentence, exit code 1", async (t) => {
  const dataDir = temporaryFolder(t);
  mkdirSync(join(dataDir, "api-token"));
  const flags = [`--data-dir=${dataDir}`, ...portFlags(await somePorts()), "--no-demo", "--log-level=silent"];
  assertRefusal(await runRefused(flags), 1, /token in .*api-token cannot be read \(EISDIR\)\. Give the file/);
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { before, type TestContext, test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { withPostgres } from "@poplar/storage/testing";
import { freePorts, until } from "@poplar/testkit";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { runProgram, runWell } from "../fixtures/run-program.ts";

const scriptOf = (app: string): string => resolve(import.meta.dirname, `../../apps/${app}/src/main.ts`);

/** Root needs no names of its own for users, among which those of the database would be missing. */
const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--map-root-user", "--mount"];

/** Where the loader finds what Debian's `libkrb5-3` and `libgssapi-krb5-2` bring. */
let libraries: Readonly<Record<"libkrb5-3" | "libgssapi-krb5-2", string>>;
before(async () => {
  const { stdout } = await runWell("ldconfig", ["-p"]);
  const fileOf = (name: string): string => {
    const line = stdout
      .toString()
      .split("\n")
      .find((one) => one.trim().startsWith(`${name} `));
    return line?.split("=> ")[1] ?? "";
  };
  libraries = { "libkrb5-3": fileOf("libkrb5.so.3"), "libgssapi-krb5-2": fileOf("libgssapi_krb5.so.2") };
});

/** What runs an app as on a machine without these libraries: what is mounted over a file there is none. */
function without(hidden: readonly string[], app: string, flags: readonly string[]): readonly string[] {
  const mounts = hidden.map((file) => `mount --bind /dev/null '${file}'`);
  const node = [process.execPath, "--conditions=@poplar/source", scriptOf(app), ...flags];
  return [...NAMESPACE, "sh", "-c", [...mounts, 'exec "$@"'].join(" && "), "sh", ...node];
}

interface Backing {
  readonly flags: readonly string[];
  readonly healthUrl: string;
}

/** What a front end needs, on ports of its own. */
async function backing(t: TestContext): Promise<Backing> {
  const postgres = await withPostgres(t);
  const redis = await withRedis({ after: (callback) => t.after(callback) });
  const [pop3, pop3s, kpop, http] = await freePorts(4);
  return {
    flags: [
      `--data-dir=${temporaryFolder(t)}`,
      `--postgres-url=${postgres.url}`,
      `--redis-url=${redis.url}`,
      `--pop3-port=${pop3}`,
      `--pop3s-port=${pop3s}`,
      `--kpop-port=${kpop}`,
      `--http-port=${http}`,
    ],
    healthUrl: `http://127.0.0.1:${http}/health/ready`,
  };
}

/** An app knows its own port alone. */
const flagsFor = (app: string, flags: readonly string[]): readonly string[] =>
  flags.filter((flag) => !/^--(?:pop3s?|kpop)-port=/.test(flag) || flag.startsWith(`--${app}-port=`));

test("without the Kerberos libraries a front end starts, serves and stops", async (t) => {
  const { flags, healthUrl } = await backing(t);
  const parameters = without(Object.values(libraries), "pop3", flagsFor("pop3", flags));
  // unshare and sh become the server: one process, one id.
  const server = spawn("unshare", parameters, { stdio: "ignore" });
  t.after(() => server.kill("SIGKILL"));
  await until(
    "the server to be ready",
    async () => {
      assert.equal(server.exitCode, null);
      const answer = await fetch(healthUrl).catch(() => undefined);
      return answer?.ok === true;
    },
    30_000,
  );
  server.kill("SIGTERM");
  await once(server, "exit");
  assert.equal(server.exitCode, 0);
});

test("with a keytab, but without a library, every front end says what to install, and starts not", async (t) => {
  const { flags } = await backing(t);
  for (const [app, debian] of [
    ["pop3", "libkrb5-3"],
    ["pop3s", "libgssapi-krb5-2"],
    ["kpop", "libkrb5-3"],
  ] as const) {
    const ownFlags = [...flagsFor(app, flags), `--kerberos-keytab=${import.meta.filename}`];
    const { exitCode, stderr } = await runProgram("unshare", without([libraries[debian]], app, ownFlags));
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, new RegExp(`^poplar ${app}: .*install MIT Kerberos \\(Debian: ${debian}\\)`, "m"));
  }
});

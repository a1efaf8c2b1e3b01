import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import { withRedis } from "@poplar/lease/testing";
import { freePort } from "@poplar/testkit";
import { NameServer } from "../fixtures/name-server.ts";
import { runProgram } from "../fixtures/run-program.ts";
import { SystemPostgres } from "../fixtures/system-postgres.ts";
import { CertificateDirectory, makeCertificate } from "../server/lab-certificates.ts";
import { startLab } from "./lab.ts";
import { run } from "./run-poplar.ts";

/** A TLS server that shows a certificate for these names. @returns its port. */
async function tlsServer(
  stack: AsyncDisposableStack,
  ...names: [string, ...string[]]
): Promise<{
  readonly port: number;
  readonly certificateFile: string;
}> {
  const directory = stack.use(await CertificateDirectory.make());
  const files = await directory.put("pop", await makeCertificate(...names));
  const server = createServer({
    cert: readFileSync(files.certificateFile),
    key: readFileSync(files.keyFile),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(async () => {
    server.close();
    await once(server, "close");
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  return { port, certificateFile: files.certificateFile };
}

test("doctor --domain follows the SRV records to ports and certificates (RFC 6186 §3.3, RFC 2782)", async (t) => {
  await using stack = new AsyncDisposableStack();
  const lab = await startLab(t);
  const { port, certificateFile } = await tlsServer(stack, "pop.example.test");
  const names = stack.use(
    await NameServer.start({
      "SRV _pop3s._tcp.example.test": [{ target: "pop.example.test", port }],
      "SRV _pop3._tcp.example.test": [{ target: ".", port: 0 }],
      "A pop.example.test": [{ address: "127.0.0.1" }],
      "MX example.test": [{ exchange: "mx.example.test" }],
      "A mx.example.test": [{ address: "127.0.0.1" }],
    }),
  );
  const args = [
    "doctor",
    "--domain",
    "example.test",
    "--name-server",
    names.address,
    "--data-dir",
    lab.dataDir,
  ];
  const believed = await run({ args: [...args, "--ca", certificateFile] });
  assert.equal(believed.code, 0, believed.out);
  assert.match(believed.out, /^ok +dns +SRV _pop3s\._tcp\.example\.test leads to pop\.example\.test:\d+/m);
  assert.match(believed.out, /^ok +dns +SRV _pop3\._tcp\.example\.test says that it is not offered/m);
  assert.match(
    believed.out,
    /^ok +certificate +127\.0\.0\.1:\d+ shows one of pop\.example\.test for pop\.example\.test/m,
  );
  assert.match(believed.out, /^ok +dns +MX example\.test leads to mx\.example\.test/m);
  const stranger = await run({ args });
  assert.equal(stranger.code, 1);
  assert.match(stranger.out, /^FAIL +certificate .*SELF_SIGNED.*\n +Get one from an authority/m);
});

test("doctor --domain says what is missing and what to publish (RFC 7505 §3)", async (t) => {
  await using stack = new AsyncDisposableStack();
  const lab = await startLab(t);
  const { port, certificateFile } = await tlsServer(stack, "other.example.test");
  const closed = await freePort();
  const names = stack.use(
    await NameServer.start({
      "SRV _pop3s._tcp.example.test": [
        { target: "pop.example.test", port },
        { target: "pop.example.test", port: closed },
        { target: "nowhere.example.test", port },
      ],
      "A pop.example.test": [{ address: "127.0.0.1" }],
      "MX silent.test": [{ exchange: "." }],
    }),
  );
  const flags = ["--name-server", names.address, "--ca", certificateFile, "--data-dir", lab.dataDir];
  const { code, out } = await run({
    args: ["doctor", "--domain", "example.test", "empty.test", "silent.test", ...flags],
  });
  assert.equal(code, 1);
  assert.match(out, /^FAIL +certificate .*ALTNAME.*\n +Get one that names pop\.example\.test/m);
  assert.match(
    out,
    new RegExp(`^FAIL +port +127\\.0\\.0\\.1:${closed} does not serve pop3s \\(ECONNREFUSED\\)`, "m"),
  );
  assert.match(out, /^FAIL +dns +SRV .* leads to nowhere\.example\.test, which has no address/m);
  assert.match(out, /^warn +dns +SRV _pop3\._tcp\.example\.test is missing/m);
  assert.match(out, /^FAIL +dns +MX example\.test is missing/m);
  assert.match(out, /^ok +dns +MX silent\.test says that it takes no mail/m);
  assert.match(
    out,
    /^FAIL +dns +SRV _pop3s\._tcp\.empty\.test is missing\n +Publish it.*poplar domain dns empty\.test/m,
  );
});

test("doctor --domain says so when no name server answers", async (t) => {
  const lab = await startLab(t);
  const flags = ["--name-server", `127.0.0.1:${await freePort()}`, "--data-dir", lab.dataDir];
  const { code, out } = await run({ args: ["doctor", "--domain", "example.test", ...flags] });
  assert.equal(code, 1);
  assert.match(out, /^FAIL +dns +MX example\.test: no name server answers/m);
});

test("doctor looks at the Postgres and the Redis of the configuration, and db at the schema", async (t) => {
  await using postgres = await SystemPostgres.start();
  await postgres.tool("createdb", ["poplar"]);
  const policy = ["--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru", "--appendonly", "yes"];
  const redis = await withRedis({ after: (callback) => t.after(callback) }, policy);
  const lab = await startLab(t);
  const env = {
    POPLAR_POSTGRES_URL: postgres.url("poplar"),
    POPLAR_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    POPLAR_DATA_DIR: lab.dataDir,
  };

  const sick = await run({ args: ["doctor"], env });
  assert.equal(sick.code, 1);
  assert.match(sick.out, /^FAIL +postgres +fsync = off\n +Set fsync = on/m);
  assert.match(sick.out, /^FAIL +schema +lacks 0001-foundation/m);
  assert.match(sick.out, /^FAIL +redis +maxmemory-policy = allkeys-lru\n +Set maxmemory-policy noeviction/m);
  assert.match(sick.out, /^warn +redis +appendonly = yes/m);
  for (const whose of ["postgres", "redis", "the server"]) {
    assert.match(sick.out, new RegExp(`^ok +clock +${whose} and this host agree`, "m"));
  }

  const before = await run({ args: ["db", "status", "--json"], env });
  assert.equal(before.code, 1);
  const dry = await run({ args: ["db", "migrate", "--dry-run", "--json"], env });
  const migrated = await run({ args: ["db", "migrate", "--json"], env });
  assert.deepEqual([dry.code, migrated.code], [0, 0]);
  assert.deepEqual({ ...JSON.parse(dry.out), isDryRun: false }, JSON.parse(migrated.out));
  assert.deepEqual(fieldOf(migrated.out, "applied"), fieldOf(before.out, "pending"));
  const after = await run({ args: ["db", "status"], env });
  assert.deepEqual([after.code, after.out.startsWith("The schema is up to date")], [0, true]);
  assert.match((await run({ args: ["doctor"], env })).out, /^ok +schema +is up to date/m);
});

function fieldOf(json: string, name: string): unknown {
  const found: unknown = JSON.parse(json);
  return typeof found === "object" && found !== null ? new Map(Object.entries(found)).get(name) : undefined;
}

test("db and doctor say which store does not answer", async (t) => {
  const lab = await startLab(t);
  const env = {
    POPLAR_POSTGRES_URL: `postgres://poplar@127.0.0.1:${await freePort()}/poplar`,
    POPLAR_REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    POPLAR_DATA_DIR: lab.dataDir,
  };
  const status = await run({ args: ["db", "status"], env });
  assert.equal(status.code, 3);
  assert.match(status.err, /ECONNREFUSED/);
  const { code, out } = await run({ args: ["doctor"], env });
  assert.equal(code, 1);
  assert.match(out, /^FAIL +postgres +cannot be asked/m);
  assert.match(out, /^FAIL +redis +cannot be asked: .*ECONNREFUSED/m);
});

test("doctor notices a clock that is wrong (RFC 9110 §6.6.1)", async (t) => {
  const lab = await startLab(t);
  const args = ["-f", "+1h", process.execPath, "--conditions=@poplar/source", "apps/cli/src/main.ts"];
  const cwd = new URL("../../", import.meta.url).pathname;
  const command = `cd '${cwd}' && faketime ${args.map((arg) => `'${arg}'`).join(" ")} doctor --data-dir '${lab.dataDir}'`;
  const { exitCode, stdout } = await runProgram("sh", ["-c", command], { env: { NO_COLOR: "1" } });
  assert.equal(exitCode, 1, stdout.toString());
  assert.match(
    stdout.toString(),
    /^FAIL +clock +the server is 3[56]\d\d\.\d s behind this host\n +Let chrony/m,
  );
});

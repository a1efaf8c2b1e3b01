import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hashPassword } from "@poplar/auth";
import { freePort, withRedis } from "@poplar/lease/testing";
import { isRegistryFault } from "@poplar/maildrop";
import { migrate, openStorage, startEmbeddedPostgres } from "@poplar/storage";
import { silentLog } from "@poplar/storage/testing";
import pg from "pg";
import type { ServerUnderTest } from "./server-under-test.ts";

const repository = resolve(import.meta.dirname, "../..");
const domain = "bench.test";
const password = "pass";

/** What Postgres gets on a machine of its own in a small way; the embedded defaults are for trying out. */
const postgresSettings = [
  "shared_buffers=1GB",
  "max_wal_size=4GB",

  "max_connections=200",
];

/**
 * A fleet of the smallest kind: one `pop3`, one `pop3s` and one `lmtp`, built, on a real Postgres and a real
 * Redis. With argon2id passwords, leases in Redis, the fence and durable commits, as in production.
 */
export async function startPoplar(logins: number, profileDir?: string): Promise<ServerUnderTest> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "poplar-bench-"));
  stack.defer(async () => rm(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres(directory, silentLog, { settings: postgresSettings });
  stack.defer(() => postgres.stop());
  await migrate(postgres.url);
  await makeLogins(postgres.url, logins);
  const redis = await withRedis({ after: (done) => stack.defer(done) });

  const ports = { pop3: await freePort(), pop3s: await freePort(), lmtp: await freePort() };
  const parts = new Map([
    ["Postgres", postgres.pid()],
    ["Redis", redis.pid ?? 0],
  ]);
  for (const app of ["pop3", "pop3s", "lmtp"] as const) {
    const settings = {
      // By its socket; the host of the URL is there for the form.
      POPLAR_POSTGRES_URL: postgres.url.replace("@/", "@localhost/"),
      POPLAR_REDIS_URL: redis.url,
      POPLAR_DATA_DIR: join(directory, app),
      POPLAR_HOST: "127.0.0.1",
      POPLAR_HTTP_PORT: String(await freePort()),
      [`POPLAR_${app.toUpperCase()}_PORT`]: String(ports[app]),
      ...(app === "lmtp"
        ? {}
        : { POPLAR_ALLOW_PLAINTEXT_LOGIN: "true", POPLAR_CONNECTIONS_PER_ADDRESS_MAX: "20000" }),
    };
    parts.set(app, (await startApp(app, settings, { stack, profileDir })).pid ?? 0);
  }
  const owned = stack.move();
  return {
    name: "Poplar",
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    lmtpPort: ports.lmtp,
    parts,
    poploadUsers: `user%06d@${domain}`,
    loginOf: (number) => ({ name: nameOf(number), password }),
    recipientOf: nameOf,
    addMaildrops: (count) => addMaildrops(postgres.url, count),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const nameOf = (number: number): string => `user${String(number).padStart(6, "0")}@${domain}`;

async function startApp(
  app: string,
  settings: Readonly<Record<string, string>>,
  { stack, profileDir }: { readonly stack: AsyncDisposableStack; readonly profileDir: string | undefined },
): Promise<ChildProcess> {
  const profiled = profileDir === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", resolve(profileDir, app)];
  const child = spawn(process.execPath, [...profiled, join(repository, `apps/${app}/dist/main.js`)], {
    env: { PATH: process.env["PATH"], ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  stack.defer(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  });
  // Its log is read and thrown away, as a log shipper would.
  child.stdout?.resume();
  const ready = `http://127.0.0.1:${settings["POPLAR_HTTP_PORT"]}/health/ready`;
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(ready).catch(() => undefined);
    if (answer?.ok === true) return child;
    await delay(100);
  }
  throw new Error(`${app} did not become ready`);
}

/** Through the registry, as an operator would; the one password is hashed once. */
async function makeLogins(connection: string, count: number): Promise<void> {
  const events = { dependencyDown: () => undefined, dependencyUp: () => undefined };
  const storage = await openStorage({ connection, log: silentLog, events });
  const passwordVerifier = await hashPassword(password);
  await storage.registry.addDomain(domain);
  for (let first = 1; first <= count; first += 500) {
    const numbers = Array.from({ length: Math.min(500, count - first + 1) }, (_, index) => first + index);
    const made = await storage.registry.addLogins(
      numbers.map((number) => ({ name: nameOf(number), passwordVerifier, quotaOctets: undefined })),
    );
    if (isRegistryFault(made)) throw new Error(made.registryFault);
  }
  await storage.close();
}

/** Rows as `addLogins` makes them, without their names having to travel. */
async function addMaildrops(connection: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  await client.query(
    `with numbers as (select n from generate_series((select count(*) from maildrop) + 1, $1::bigint) n),
      made as (
        insert into maildrop (name, unique_id_prefix)
        select 'm' || n || '@${domain}', 'p' || n from numbers returning maildrop_id, name
      ),
      logins as (
        insert into login (domain_id, name, maildrop_id)
        select (select domain_id from domain where name = '${domain}'), name, maildrop_id from made
        returning login_id
      ),
      addresses as (
        insert into address (domain_id, local_part, maildrop_id)
        select (select domain_id from domain where name = '${domain}'), split_part(name, '@', 1), maildrop_id from made
      )
    insert into credential (login_id, kind, verifier) select login_id, 'password', 'none' from logins`,
    [count],
  );
  await client.query("analyze");
  await client.end();
}

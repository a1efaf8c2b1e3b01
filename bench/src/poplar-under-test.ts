import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withRedis } from "@poplar/lease/testing";
import { migrate, startEmbeddedPostgres } from "@poplar/storage";
import { silentLog } from "@poplar/storage/testing";
import { freePort } from "@poplar/testkit";
import { startApp } from "./app-process.ts";
import { collectGarbage, type Inspectable } from "./collect-garbage.ts";
import { nameOf, namePattern, PoplarDatabase } from "./poplar-database.ts";
import { password, type ServerSetup, type ServerUnderTest } from "./server-under-test.ts";
import { makeCertificate } from "./tls-certificate.ts";

/** What Postgres gets on a machine of its own in a small way; the embedded defaults are for trying out. */
const postgresSettings = ["shared_buffers=1GB", "max_wal_size=4GB", "max_connections=200"];

/** How a fleet is set up. */
export interface PoplarSetup extends ServerSetup {
  /** A folder for CPU profiles; absent: none are made. */
  readonly profileDir?: string | undefined;
}

/** A fleet with its database. */
export interface PoplarUnderTest extends ServerUnderTest {
  readonly database: PoplarDatabase;
}

/**
 * A fleet of the smallest kind: one `pop3`, one `pop3s` and one `lmtp`, built, on a real Postgres and a real
 * Redis. With argon2id passwords, leases in Redis, the fence and durable commits, as in production.
 */
export async function startPoplar(setup: PoplarSetup): Promise<PoplarUnderTest> {
  const { hasCheapPasswords = false, profileDir } = setup;
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "poplar-bench-"));
  stack.defer(async () => rm(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres(directory, silentLog, { settings: postgresSettings });
  stack.defer(() => postgres.stop());
  await migrate(postgres.url);
  const database = new PoplarDatabase(postgres.url);
  await database.addLogins(setup.logins, hasCheapPasswords);
  const redis = await withRedis({ after: (done) => stack.defer(done) });
  const certificate = makeCertificate(directory, setup.keyKind);

  const ports = { pop3: await freePort(), pop3s: await freePort(), lmtp: await freePort() };
  const parts = new Map([
    ["Postgres", postgres.pid()],
    ["Redis", redis.pid ?? 0],
  ]);
  const apps: Inspectable[] = [];
  for (const app of ["pop3", "pop3s", "lmtp"] as const) {
    const settings = {
      // By its socket; the host of the URL is there for the form.
      POPLAR_POSTGRES_URL: postgres.url.replace("@/", "@localhost/"),
      POPLAR_REDIS_URL: redis.url,
      POPLAR_DATA_DIR: join(directory, app),
      POPLAR_HOST: "127.0.0.1",
      POPLAR_HTTP_PORT: String(await freePort()),
      [`POPLAR_${app.toUpperCase()}_PORT`]: String(ports[app]),
      ...(app !== "lmtp" && popSettings),
      // Without SCRAM a first login makes no verifiers for it.
      ...(app !== "lmtp" && hasCheapPasswords && { POPLAR_MECHANISMS: "USER,PLAIN" }),
      ...(app === "pop3s" && { POPLAR_TLS_CERT: certificate.cert, POPLAR_TLS_KEY: certificate.key }),
    };
    const started = await startApp(app, settings, { stack, profileDir });
    apps.push(started);
    parts.set(app, started.pid);
  }
  const owned = stack.move();
  return {
    name: "Poplar",
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    lmtpPort: ports.lmtp,
    parts,
    database,
    poploadUsers: namePattern,
    loginOf: (number) => ({ name: nameOf(number), password }),
    recipientOf: nameOf,
    collectGarbage: async () => void (await Promise.all(apps.map(collectGarbage))),
    putMail: (mail) => database.putMail(mail),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const popSettings = {
  POPLAR_ALLOW_PLAINTEXT_LOGIN: "true",
  POPLAR_CONNECTIONS_PER_ADDRESS_MAX: "20000",
};

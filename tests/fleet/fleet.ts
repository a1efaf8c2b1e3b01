import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashPassword } from "@poplar/auth";
import { type DisposableRedis, type Scope, withRedis } from "@poplar/lease/testing";
import { isRegistryFault } from "@poplar/maildrop";
import { openStorage, type Storage } from "@poplar/storage";
import { deafEvents, silentLog, withEmbeddedPostgres } from "@poplar/storage/testing";
import { AppProcess, freePort, TcpProxy, type Upstream } from "@poplar/testkit";
import { HAPROXY_ADDRESS, startHaproxy } from "./haproxy.ts";

/** One process of ours, and its own ways to Redis and Postgres, which tests can cut. */
export interface FrontEnd {
  readonly app: AppProcess;
  /** Where it listens for clients. */
  readonly port: number;
  readonly healthPort: number;
  readonly redis: TcpProxy;
  readonly postgres: TcpProxy;
}

export interface FleetOptions {
  readonly pop3: number;
  readonly lmtp: number;
  readonly heartbeatTtlMs: number;
  /** More flags of the nth POP3 front end. */
  readonly flagsOf?: (pop3: number) => readonly string[];
  /** By how much the clock of the nth POP3 front end is wrong, in the words of libfaketime, e.g. `+1h`. */
  readonly clockErrorOf?: (pop3: number) => string;
}

/** Several front ends behind HAProxy, one Redis, one Postgres. */
export interface Fleet extends AsyncDisposable {
  readonly pop3: readonly FrontEnd[];
  readonly lmtp: readonly FrontEnd[];
  readonly redis: DisposableRedis;
  /** The process of Postgres; another one after each restart. */
  readonly postgresPid: () => number;
  readonly storage: Storage;
  /** Where clients connect: to HAProxy, by a proxy that can cut them off. */
  readonly clients: Readonly<Record<"pop3" | "lmtp", TcpProxy>>;
  readonly options: FleetOptions;
  /** Makes logins, each with a maildrop. @returns their names; the password is `PASSWORD`. */
  addLogins(count: number): Promise<readonly string[]>;
}

/** Of every login of a fleet. */
export const PASSWORD = "correct horse";

const domain = "fleet.test";

/** Starts a fleet; everything is up when it resolves. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using opened = new AsyncDisposableStack();
  const scope: Scope = { after: (callback) => opened.defer(callback) };
  const postgres = await withEmbeddedPostgres({ after: (callback) => opened.defer(async () => callback()) });
  const storage = await openStorage({ connection: postgres.url, log: silentLog, events: deafEvents });
  opened.defer(async () => storage.close());
  const redis = await withRedis(scope);
  const start = async (kind: "pop3" | "lmtp", number: number): Promise<FrontEnd> =>
    prepareFrontEnd(scope, {
      name: `${kind}-${number}`,
      kind,
      postgresUrl: postgres.url,
      redis,
      options,
      flags: kind === "pop3" ? (options.flagsOf?.(number) ?? []) : [],
      env: kind === "pop3" ? wrongClock(options.clockErrorOf?.(number)) : {},
    });
  const pop3: FrontEnd[] = [];
  for (let number = 1; number <= options.pop3; number += 1) pop3.push(await start("pop3", number));
  const lmtp: FrontEnd[] = [];
  for (let number = 1; number <= options.lmtp; number += 1) lmtp.push(await start("lmtp", number));
  // The first one makes the schema; the others find it.
  await Promise.all([...pop3, ...lmtp].map(async ({ app }) => app.start()));
  const serverOf = ({ app, port, healthPort }: FrontEnd) => ({ name: app.name, port, healthPort });
  const ports = await startHaproxy(scope, { pop3: pop3.map(serverOf), lmtp: lmtp.map(serverOf) });
  const clients = {
    pop3: await proxyTo(scope, { host: "127.0.0.1", port: ports.pop3 }),
    lmtp: await proxyTo(scope, { host: "127.0.0.1", port: ports.lmtp }),
  };
  const done = opened.move();
  return {
    pop3,
    lmtp,
    redis,
    storage,
    clients,
    options,
    postgresPid: () => postgres.pid(),
    addLogins: async (count) => addLogins(storage, count),
    [Symbol.asyncDispose]: async () => done.disposeAsync(),
  };
}

interface FrontEndParts {
  readonly name: string;
  readonly kind: "pop3" | "lmtp";
  readonly postgresUrl: string;
  readonly redis: DisposableRedis;
  readonly options: FleetOptions;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function prepareFrontEnd(scope: Scope, parts: FrontEndParts): Promise<FrontEnd> {
  const { name, kind, options } = parts;
  const folder = await mkdtemp(join(tmpdir(), `poplar-${name}-`));
  scope.after(async () => rm(folder, { recursive: true, force: true }));
  const { url, upstream } = splitPostgresUrl(parts.postgresUrl);
  const postgres = await proxyTo(scope, upstream);
  const redis = await proxyTo(scope, { host: "127.0.0.1", port: parts.redis.port });
  url.port = String(postgres.port);
  const [port, healthPort] = [await freePort(), await freePort()];
  const own = [`--${kind}-port=${port}`, `--http-port=${healthPort}`, `--data-dir=${folder}`];
  const engines = [`--postgres-url=${url.href}`, `--redis-url=redis://127.0.0.1:${redis.port}`];
  // All clients have one address.
  const limits = ["--connections-per-address-max=100000", "--postgres-pool-max=6", "--log-level=warn"];
  const doors = [
    `--proxy-networks=${HAPROXY_ADDRESS}/32`,
    "--allow-plaintext-login",
    `--heartbeat-ttl-ms=${options.heartbeatTtlMs}`,
  ];
  const app = new AppProcess({
    name,
    script: fileURLToPath(new URL(`../../apps/${kind}/src/main.ts`, import.meta.url)),
    parameters: [...own, ...engines, ...limits, ...(kind === "pop3" ? doors : []), ...parts.flags],
    env: parts.env,
    readyUrl: `http://127.0.0.1:${healthPort}/health/ready`,
  });
  scope.after(async () => app[Symbol.asyncDispose]());
  return { app, port, healthPort, redis, postgres };
}

/** Only what says what time it is: how much time has passed, nobody gets wrong. */
function wrongClock(error: string | undefined): Readonly<Record<string, string>> {
  if (error === undefined) return {};
  const [library] = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1");
  if (library === undefined) throw new Error("libfaketime is missing: apt install faketime");
  return { LD_PRELOAD: library, FAKETIME: error, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

async function proxyTo(scope: Scope, upstream: Upstream): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(upstream);
  scope.after(async () => proxy[Symbol.asyncDispose]());
  return proxy;
}

/** The embedded Postgres listens on a Unix socket; a proxy stands in for it on a port. */
function splitPostgresUrl(text: string): { readonly url: URL; readonly upstream: Upstream } {
  const url = new URL(text.replace("@/", "@127.0.0.1/"));
  const folder = url.searchParams.get("host") ?? "";
  url.search = "";
  return { url, upstream: { path: join(folder, ".s.PGSQL.5432") } };
}

/** Makes logins, each with a maildrop. @returns their names. */
export async function addLogins(storage: Storage, count: number): Promise<readonly string[]> {
  const passwordVerifier = await hashPassword(PASSWORD, { memoryKib: 64, passes: 1, lanes: 1 });
  await storage.registry.addDomain(domain);
  const names: string[] = [];
  while (names.length < count) {
    const name = `${crypto.randomUUID()}@${domain}`;
    const login = await storage.registry.addLogin({ name, passwordVerifier, quotaOctets: undefined });
    if (isRegistryFault(login)) throw new Error(`${name}: ${login.registryFault}`);
    names.push(name);
  }
  return names;
}

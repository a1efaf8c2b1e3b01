import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { freePort } from "./free-ports.ts";
import { KerberosClient } from "./kerberos-client.ts";

/** Something with an end, such as a test: what was opened for it is closed then. */
export interface KdcScope {
  after(callback: () => Promise<void> | void): void;
}

/** What a test KDC is made with. */
export interface KdcOptions {
  /** One realm, or two that trust each other: `POPLAR.TEST`, which has `pop/localhost`, and `OTHER.TEST`. */
  readonly realms: 1 | 2;
  /** How far clocks may differ for this process, in seconds; for clients it is always 300. */
  readonly clockSkewSeconds?: number;
}

const REALMS: readonly string[] = ["POPLAR.TEST", "OTHER.TEST"];
const PASSWORD = "correct horse";

/** How a client logs in. */
export interface LoginOptions {
  /** Of its tickets, as kinit takes it. */
  readonly lifetime?: string;
  /** How far the client's clock is off afterwards, as faketime takes it, e.g. `+1h`. */
  readonly clockOffset?: string;
}

/**
 * A disposable KDC: MIT krb5kdc on a free loopback port with private files, gone when the test ends.
 *
 * Sets `KRB5_CONFIG`, `KRB5_KTNAME` and `KRB5RCACHEDIR` of this process for as long as the test runs: libkrb5
 * reads them.
 */
export async function withKdc(t: KdcScope, options: KdcOptions): Promise<TestKdc> {
  const directory = await mkdtemp(join(tmpdir(), "poplar-kdc-"));
  const realms = REALMS.slice(0, options.realms);
  const leavings = new AsyncDisposableStack();
  t.after(async () => leavings.disposeAsync());
  leavings.defer(async () => rm(directory, { recursive: true, force: true }));
  const environment = await writeFiles(directory, realms);
  const kdc = new TestKdc(directory, realms, environment);
  await Promise.all(realms.map(async (realm) => kdc.createRealm(realm)));
  await kdc.addService("pop/localhost@POPLAR.TEST");
  const server = spawn("krb5kdc", ["-n", ...realms.flatMap((realm) => ["-r", realm])], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  leavings.defer(async () => {
    if (server.exitCode === null && server.kill()) await once(server, "exit");
  });
  await commenced(server.stderr);
  const config = join(directory, "acceptor.conf");
  const { clockSkewSeconds = 300 } = options;
  // The first value that is found counts.
  await writeFile(
    config,
    `[libdefaults]\n  clockskew = ${clockSkewSeconds}\ninclude ${directory}/krb5.conf\n`,
  );
  enter(t, { ...environment, KRB5_CONFIG: config }, ["KRB5_CONFIG", "KRB5_KTNAME", "KRB5RCACHEDIR"]);
  return kdc;
}

/** A running KDC, as an administrator sees it. */
export class TestKdc {
  readonly directory: string;
  readonly realms: readonly string[];
  /** The keytab of the service: `KRB5_KTNAME`. Has `pop/localhost@POPLAR.TEST`. */
  readonly keytab: string;
  /** The environment of a process that uses this KDC. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  #caches = 0;

  constructor(directory: string, realms: readonly string[], environment: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.realms = realms;
    this.environment = environment;
    this.keytab = join(directory, "pop.keytab");
  }

  /**
   * Makes the database of a realm, with `alice`, `alice/admin` and, between two realms, the keys of their
   * trust.
   */
  async createRealm(realm: string): Promise<void> {
    await run("kdb5_util", ["-r", realm, "create", "-s", "-P", "master"], this.environment);
    const trusts = this.realms.flatMap((other) =>
      other === realm ? [] : [`krbtgt/${realm}@${other}`, `krbtgt/${other}@${realm}`],
    );
    await this.kadmin(realm, [
      ...[`alice@${realm}`, `alice/admin@${realm}`].map((name) => `addprinc -pw "${PASSWORD}" ${name}`),
      ...trusts.map((name) => `addprinc -pw trust ${name}`),
    ]);
  }

  /** Adds a service with random keys, and puts them into a keytab. Called again: a new key version. */
  async addService(principal: string, keytab: string = this.keytab): Promise<void> {
    await this.kadmin(realmOf(principal), [
      `addprinc -randkey ${principal}`,
      `ktadd -k ${keytab} ${principal}`,
    ]);
  }

  /** Runs commands of kadmin.local on the database of a realm. */
  async kadmin(realm: string, commands: readonly string[]): Promise<string> {
    return run("kadmin.local", ["-r", realm], this.environment, `${commands.join("\n")}\n`);
  }

  /**
   * Logs in with kinit, into a private cache, and starts a client there that ends with the test.
   *
   * The client has its service tickets fetched at the right time: its clock may be off, the KDC does not
   * mind.
   */
  async login(t: KdcScope, principal: string, options: LoginOptions = {}): Promise<KerberosClient> {
    const environment = await this.kinit(principal, options.lifetime);
    if (options.clockOffset !== undefined) await run("kvno", ["pop/localhost"], environment);
    const client = new KerberosClient(environment, options.clockOffset);
    t.after(async () => client.close());
    return client;
  }

  /** Logs in with kinit. @returns the environment, with its private cache, for a client program. */
  async kinit(principal: string, lifetime = "1h"): Promise<NodeJS.ProcessEnv> {
    this.#caches += 1;
    const environment = {
      ...this.environment,
      KRB5CCNAME: `FILE:${join(this.directory, `ccache-${this.#caches}`)}`,
    };
    await run("kinit", ["-l", lifetime, principal], environment, `${PASSWORD}\n`);
    return environment;
  }
}

const realmOf = (principal: string): string => principal.slice(principal.lastIndexOf("@") + 1);

async function writeFiles(directory: string, realms: readonly string[]): Promise<NodeJS.ProcessEnv> {
  const port = await freePort();
  const section = (lines: (realm: string) => string): string =>
    realms.map((realm) => `  ${realm} = {\n${lines(realm)}\n  }`).join("\n");
  await writeFile(
    join(directory, "krb5.conf"),
    `[libdefaults]
  default_realm = ${realms[0]}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
${section(() => `    kdc = 127.0.0.1:${port}`)}
[domain_realm]
  localhost = ${realms[0]}
`,
  );
  await writeFile(
    join(directory, "kdc.conf"),
    `[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
${section((realm) => `    database_name = ${join(directory, realm)}\n    key_stash_file = ${join(directory, `stash.${realm}`)}`)}
[logging]
  kdc = STDERR
`,
  );
  const replayCaches = join(directory, "rcache");
  await mkdir(replayCaches);
  return {
    PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`,
    KRB5_CONFIG: join(directory, "krb5.conf"),
    KRB5_KDC_PROFILE: join(directory, "kdc.conf"),
    KRB5_KTNAME: `FILE:${join(directory, "pop.keytab")}`,
    KRB5RCACHEDIR: replayCaches,
  };
}

async function commenced(log: Readable): Promise<void> {
  const seen: string[] = [];
  for await (const line of createInterface(log)) {
    if (line.includes("commencing operation")) {
      // Or its log fills the pipe, and it waits for ever.
      log.resume();
      return;
    }
    seen.push(line);
  }
  throw new Error(`krb5kdc did not start:\n${seen.join("\n")}`);
}

function enter(t: KdcScope, environment: NodeJS.ProcessEnv, names: readonly string[]): void {
  for (const name of names) {
    const before = process.env[name];
    process.env[name] = environment[name];
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

async function run(
  program: string,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  input = "",
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env, timeout: 20_000 }, (err, stdout, stderr) => {
      if (err === null) resolve(stdout + stderr);
      else reject(new Error(`${program} ${args.join(" ")}: ${stderr || err.message}`));
    });
    child.stdin?.end(input);
  });
}

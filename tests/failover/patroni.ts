import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { freePorts, until } from "@poplar/testkit";
import { parse, stringify } from "yaml";
import { runProgram, runWell } from "../fixtures/run-program.ts";
import { giveToPostgres, programOf } from "../fixtures/system-postgres.ts";
import { Daemon, descendantsOf, isAlive, signal } from "./daemon.ts";

const infra = resolve(import.meta.dirname, "../../infra");

/** A host of the database in the shipped files, and its ports here. */
interface Place {
  readonly name: string;
  readonly postgres: number;
  readonly rest: number;
}

/** What Patroni says of a member. */
export interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

interface ClusterView {
  readonly members: readonly Member[];
}

const isClusterView = (answer: unknown): answer is ClusterView =>
  typeof answer === "object" && answer !== null && "members" in answer && Array.isArray(answer.members);

type Settings = Record<string, unknown>;

const isSettings = (value: unknown): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A host of the database: Patroni, and the Postgres that it has started. */
class Host {
  readonly place: Place;
  readonly patroni: Daemon;
  readonly #dataFolder: string;

  constructor(place: Place, settingsFile: string, dataFolder: string) {
    this.place = place;
    this.#dataFolder = dataFolder;
    this.patroni = new Daemon("patroni", [settingsFile], "postgres");
  }

  /** Of Postgres; `undefined` when it does not run. */
  get postmaster(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.#dataFolder, "postmaster.pid"), "utf8").split("\n")[0]);
      return isAlive(pid) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** The power goes off: nothing is said, nothing is flushed. */
  async crash(): Promise<void> {
    const { postmaster } = this;
    const processes = postmaster === undefined ? [] : [postmaster, ...descendantsOf(postmaster)];
    for (const pid of processes) signal(pid, "SIGKILL");
    await this.patroni.kill();
    await until(`${this.place.name} is down`, () => !processes.some(isAlive));
  }
}

/** Three Postgres under Patroni, an etcd, and HAProxy that leads to the primary, all as `infra` has them. */
export class PatroniCluster implements AsyncDisposable {
  /** Where HAProxy listens. */
  readonly port: number;
  readonly #folder: string;
  readonly #hosts: readonly Host[];
  readonly #etcd: Daemon;
  readonly #haproxy: Daemon;

  private constructor(parts: {
    readonly port: number;
    readonly folder: string;
    readonly hosts: readonly Host[];
    readonly etcd: Daemon;
    readonly haproxy: Daemon;
  }) {
    this.port = parts.port;
    this.#folder = parts.folder;
    this.#hosts = parts.hosts;
    this.#etcd = parts.etcd;
    this.#haproxy = parts.haproxy;
  }

  /** Starts all of it, and waits until there is a primary with a synchronous standby and another one. */
  static async start(): Promise<PatroniCluster> {
    const folder = await mkdtemp(join(tmpdir(), "poplar-patroni-"));
    await chmod(folder, 0o755);
    const ports = await freePorts(9);
    const [port = 0, etcdClient = 0, etcdPeer = 0] = ports;
    const places = ["db-a", "db-b", "db-c"].map((name, index): Place => {
      return { name, postgres: ports[3 + index] ?? 0, rest: ports[6 + index] ?? 0 };
    });
    const hosts: Host[] = [];
    for (const place of places) hosts.push(await prepareHost(folder, place, etcdClient));
    const haproxyFile = join(folder, "haproxy.cfg");
    await writeFile(
      haproxyFile,
      haproxySettings(await readFile(join(infra, "patroni/haproxy.cfg"), "utf8"), port, places),
    );
    const cluster = new PatroniCluster({
      port,
      folder,
      hosts,
      etcd: etcdOn(join(folder, "etcd"), etcdClient, etcdPeer),
      haproxy: new Daemon("haproxy", ["-db", "-f", haproxyFile]),
    });
    try {
      await cluster.#up();
    } catch (err) {
      await cluster[Symbol.asyncDispose]();
      throw err;
    }
    return cluster;
  }

  /** By HAProxy, to whoever is the primary. */
  url(database: string): string {
    return `postgres://poplar:${POPLAR_PASSWORD}@127.0.0.1:${this.port}/${database}`;
  }

  /** What each member is now, as the first Patroni says that answers. */
  async members(): Promise<readonly Member[]> {
    for (const { place } of this.#hosts) {
      const answer = await ask(`http://127.0.0.1:${place.rest}/cluster`);
      if (isClusterView(answer)) return answer.members;
    }
    return [];
  }

  /** The host with the primary. @throws Error when there is none. */
  async primary(): Promise<Host> {
    const leader = (await this.members()).find(({ role }) => role === "leader")?.name;
    const host = this.#hosts.find(({ place }) => place.name === leader);
    if (host === undefined) throw new Error(`there is no primary: ${JSON.stringify(await this.members())}`);
    return host;
  }

  /** Waits until one is the primary, one its synchronous standby, and the third follows them. */
  async untilWhole(limitMs: number): Promise<void> {
    const isWhole = async (): Promise<boolean> => {
      const members = await this.members();
      const roles = members.map(({ role }) => role).toSorted();
      return (
        String(roles) === "leader,replica,sync_standby" &&
        members.every(({ state }) => state === "running" || state === "streaming") &&
        (await this.standbys()).length === 2
      );
    };
    await until("one primary, a synchronous standby and another one", isWhole, limitMs).catch(
      async (err: unknown) => {
        throw new Error(`${String(err)}: ${JSON.stringify(await this.members())}\n${this.output()}`);
      },
    );
  }

  /** `name|state` of each standby that the primary sends its log to. */
  async standbys(): Promise<readonly string[]> {
    const asked = "select application_name, sync_state from pg_stat_replication where state = 'streaming'";
    return this.query("postgres", asked).catch(() => []);
  }

  /** Asks the primary as its superuser. @returns a line for each row, columns parted by `|`. */
  async query(database: string, statement: string): Promise<readonly string[]> {
    const flags = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"];
    const place = ["-h", "127.0.0.1", "-p", String(this.port), "-U", "postgres"];
    const words = [...flags, ...place, "-c", statement, database];
    const env = { PGPASSWORD: "SUPERUSER-PASSWORD", PGCONNECT_TIMEOUT: "5" };
    const { stdout } = await runWell(programOf("psql"), words, { env, timeoutMs: 20_000 });
    return stdout
      .toString()
      .split("\n")
      .filter((line) => line !== "");
  }

  /** As an operator does. @returns what it says. */
  async patronictl(...words: readonly string[]): Promise<string> {
    const file = join(this.#folder, "db-a/patroni.yaml");
    const { exitCode, stdout, stderr } = await runProgram("patronictl", ["-c", file, ...words], {
      env: { LC_ALL: "C.UTF-8", LANG: "C.UTF-8" },
    });
    if (exitCode !== 0) throw new Error(`patronictl ${words.join(" ")}: ${stdout.toString()}${stderr}`);
    return stdout.toString();
  }

  /** The last that everybody has written. */
  output(): string {
    const all = [
      ...this.#hosts.map(({ place, patroni }) => [place.name, patroni] as const),
      ["haproxy", this.#haproxy] as const,
    ];
    return all.map(([name, { output }]) => `${name}:\n${output.slice(-1500)}`).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#haproxy.kill();
    for (const host of this.#hosts) await host.crash();
    await this.#etcd.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #up(): Promise<void> {
    this.#etcd.start();
    for (const { patroni } of this.#hosts) patroni.start();
    this.#haproxy.start();
    await this.untilWhole(60_000);
    await this.query("postgres", `create role poplar login password '${POPLAR_PASSWORD}'`);
    await this.query("postgres", "create database poplar owner poplar");
  }
}

const POPLAR_PASSWORD = "the-password-of-poplar";

async function prepareHost(folder: string, place: Place, etcdPort: number): Promise<Host> {
  const own = join(folder, place.name);
  await mkdir(own);
  const settings: unknown = parse(await readFile(join(infra, "patroni/patroni.yaml"), "utf8"));
  if (!isSettings(settings) || !isSettings(settings["postgresql"])) throw new Error("no settings of Patroni");
  const [listen, rest] = [`127.0.0.1:${place.postgres}`, `127.0.0.1:${place.rest}`];
  const conf = join(own, "poplar.conf");
  const dataFolder = join(own, "data");
  const here: Settings = {
    ...settings,
    name: place.name,
    restapi: { listen: rest, connect_address: rest },
    etcd3: { hosts: [`127.0.0.1:${etcdPort}`] },
    postgresql: {
      ...settings["postgresql"],
      listen,
      connect_address: listen,
      bin_dir: dirname(programOf("postgres")),
      data_dir: dataFolder,
      pgpass: join(own, ".pgpass"),
      custom_conf: conf,
      parameters: { unix_socket_directories: own },
    },
  };
  const file = join(own, "patroni.yaml");
  await writeFile(file, stringify(here));
  // Three of them on one machine: all but the memory is as it is shipped.
  const shipped = await readFile(join(infra, "postgres/postgresql.conf"), "utf8");
  await writeFile(conf, shipped.replace(/^shared_buffers = .*$/m, "shared_buffers = 64MB"));
  await giveToPostgres(own);
  return new Host(place, file, dataFolder);
}

function etcdOn(folder: string, client: number, peer: number): Daemon {
  const [clients, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  return new Daemon("etcd", [
    `--data-dir=${folder}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
  ]);
}

/** As it is shipped, with other addresses. */
const haproxySettings = (shipped: string, port: number, places: readonly Place[]): string =>
  shipped
    .replace(/^ {4}bind .*$/m, `    bind 127.0.0.1:${port}`)
    .replaceAll(/^ {4}server (\S+) \S+/gm, (line: string, name: string) => {
      const place = places.find((one) => one.name === name);
      if (place === undefined) throw new Error(`${line}: who is that?`);
      return `    server ${name} 127.0.0.1:${place.postgres} port ${place.rest}`;
    });

/** `undefined` when nobody answers. */
async function ask(url: string): Promise<unknown> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(1000) })).json();
  } catch {
    return undefined;
  }
}

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts, until } from "@poplar/testkit";
import { Redis } from "ioredis";
import { Daemon } from "./daemon.ts";

const shipped = resolve(import.meta.dirname, "../../infra/redis");
const password = "the-password-of-redis";

/** One Redis of the group. */
interface Node {
  readonly port: number;
  readonly daemon: Daemon;
}

/** A Redis, its replica, and three Sentinels, with the settings of `infra/redis`. */
export class RedisGroup implements AsyncDisposable {
  readonly #folder: string;
  readonly #nodes: readonly Node[];
  readonly #sentinels: readonly Node[];
  readonly #clients: Redis[] = [];

  private constructor(folder: string, nodes: readonly Node[], sentinels: readonly Node[]) {
    this.#folder = folder;
    this.#nodes = nodes;
    this.#sentinels = sentinels;
  }

  /** Starts all of it, and waits until the Sentinels know each other and the replica. */
  static async start(): Promise<RedisGroup> {
    const folder = await mkdtemp(join(tmpdir(), "poplar-sentinel-"));
    const [first = 0, second = 0, ...ports] = await freePorts(5);
    const nodeSettings = await readFile(join(shipped, "redis.conf"), "utf8");
    const nodes: Node[] = [];
    for (const port of [first, second]) {
      const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
      const group = ["--requirepass", password, "--masterauth", password];
      const role = port === first ? [] : ["--replicaof", "127.0.0.1", String(first)];
      // Sentinels let a Redis write its role into its file.
      const file = join(folder, `redis-${port}.conf`);
      await writeFile(file, nodeSettings);
      nodes.push({ port, daemon: new Daemon("redis-server", [file, ...own, ...group, ...role]) });
    }
    const settings = await readFile(join(shipped, "sentinel.conf"), "utf8");
    const sentinels: Node[] = [];
    for (const port of ports) {
      const file = join(folder, `sentinel-${port}.conf`);
      const here = settings
        .replace(/^port \d+$/m, `port ${port}\nbind 127.0.0.1`)
        .replace(/(?<=^sentinel monitor mymaster )\S+ \d+/m, `127.0.0.1 ${first}`)
        .replace(/(?<=^sentinel auth-pass mymaster )\S+/m, password);
      await writeFile(file, here);
      sentinels.push({ port, daemon: new Daemon("redis-server", [file, "--sentinel"]) });
    }
    const group = new RedisGroup(folder, nodes, sentinels);
    try {
      for (const { daemon } of nodes) daemon.start();
      await until("the replica follows", () => group.follows(second), 15_000);
      for (const { daemon } of sentinels) daemon.start();
      await until("the Sentinels know all", async () => group.#isKnown(), 20_000);
    } catch (err) {
      await group[Symbol.asyncDispose]();
      throw new Error(`the Sentinels do not start: ${group.output()}`, { cause: err });
    }
    return group;
  }

  /** As `redis-url` names it. */
  get url(): string {
    const hosts = this.#sentinels.map(({ port }) => `127.0.0.1:${port}`);
    return `redis+sentinel://:${password}@${hosts.join(",")}/mymaster`;
  }

  /** Who is the master now, as a Sentinel says. */
  async master(): Promise<Node> {
    const answer = await this.#sentinel().call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster");
    const port = Number(Array.isArray(answer) ? answer[1] : 0);
    const node = this.#nodes.find((one) => one.port === port);
    if (node === undefined) throw new Error(`there is no master: ${String(answer)}`);
    return node;
  }

  async replica(): Promise<Node> {
    const master = await this.master();
    const node = this.#nodes.find(({ port }) => port !== master.port);
    if (node === undefined) throw new Error("there is no replica");
    return node;
  }

  /** As an operator asks for it. */
  async failOver(): Promise<void> {
    await this.#sentinel().call("SENTINEL", "FAILOVER", "mymaster");
  }

  /** What the master hears from now on, its replica does not. */
  async partReplica(): Promise<void> {
    const replica = await this.replica();
    await this.#client(replica.port).config("SET", "masterauth", "another");
    await this.#client((await this.master()).port).call("CLIENT", "KILL", "TYPE", "REPLICA");
    await until("the replica is alone", async () => !(await this.follows(replica.port)));
  }

  /** Undoes that. */
  async joinReplica(port: number): Promise<void> {
    await this.#client(port).config("SET", "masterauth", password);
  }

  /** Whether a Redis is a replica that hears all that its master does. */
  async follows(port: number): Promise<boolean> {
    const said = await this.#client(port)
      .info("replication")
      .catch(() => "");
    return said.includes("master_link_status:up") && said.includes("master_sync_in_progress:0");
  }

  output(): string {
    return [...this.#nodes, ...this.#sentinels].map(({ daemon }) => daemon.output.slice(-1500)).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    for (const { daemon } of [...this.#sentinels, ...this.#nodes]) await daemon.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #sentinel(): Redis {
    return this.#connect(this.#sentinels[0]?.port ?? 0, undefined);
  }

  #client(port: number): Redis {
    return this.#connect(port, password);
  }

  #connect(port: number, secret: string | undefined): Redis {
    const known = this.#clients.find((one) => one.options.port === port);
    if (known !== undefined) return known;
    const options = secret === undefined ? {} : { password: secret };
    const client = new Redis(port, "127.0.0.1", options);
    // It may be killed in the test.
    client.on("error", () => undefined);
    this.#clients.push(client);
    return client;
  }

  async #isKnown(): Promise<boolean> {
    for (const { port } of this.#sentinels) {
      const said = await this.#connect(port, undefined)
        .info("sentinel")
        .catch(() => "");
      if (!/status=ok,.*slaves=1,sentinels=3/.test(said)) return false;
    }
    return true;
  }
}

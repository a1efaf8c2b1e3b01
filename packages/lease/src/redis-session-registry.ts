import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import {
  type FleetSession,
  type FleetSessions,
  firstInOrder,
  type LiveSession,
  type SessionHost,
  type SessionQuery,
  type SessionRegistry,
} from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { Log } from "@poplar/telemetry";
import { foreseen, RedisAwayError } from "./foreseen.ts";
import { type AnswerPart, Gathering } from "./gathering.ts";
import { connectRedis, type RedisConnection, type RedisTarget } from "./redis-connection.ts";

/** What a registry over Redis is made from. */
export interface RedisSessionOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** Name of this process, for people. No spaces. */
  readonly node: string;
  /** After how long without a word a process counts as gone. Default 10,000. */
  readonly nodeTtlMs?: number;
  /** How long a question waits for answers. Default 1000. */
  readonly answerMsMax?: number;
  /** In front of every key and channel. Default: nothing. */
  readonly keyPrefix?: string;
  readonly log?: Pick<Log, "warn">;
}

/** Finds and ends sessions on all processes that share a Redis. Never waits for Redis at the start. */
export const createRedisSessionRegistry = (options: RedisSessionOptions): SessionRegistry =>
  new RedisSessionRegistry(options);

/** What is asked of every process. */
interface Question {
  readonly question: string;
  /** The channel that awaits the answers. */
  readonly answerTo: string;
  readonly verb: "find" | "end";
  readonly query: SessionQuery;
}

/** Sessions in one message: some 100 KB. */
const PART_SESSIONS_MAX = 400;

const COMMAND_TIMEOUT_MS = 800;

class RedisSessionRegistry implements SessionRegistry {
  readonly #id = randomUUID();
  readonly #options: RedisSessionOptions;
  readonly #connection: RedisConnection;
  readonly #hosts: SessionHost[] = [];
  readonly #gatherings = new Map<string, Gathering>();
  readonly #questions: string;
  readonly #answers: string;
  readonly #nodes: string;
  readonly #ttlMs: number;
  #attending: NodeJS.Timeout | undefined;
  #lastCause: unknown = new RedisAwayError("not connected yet");

  constructor(options: RedisSessionOptions) {
    const prefix = options.keyPrefix ?? "";
    this.#options = options;
    this.#ttlMs = options.nodeTtlMs ?? 10_000;
    this.#nodes = `${prefix}nodes`;
    this.#questions = `${prefix}session-questions`;
    this.#answers = `${prefix}session-answers:${this.#id}`;
    this.#connection = connectRedis(options.target, {
      tls: options.tls,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
      name: `poplar-sessions-${this.#id}`,
    });
    this.#listen();
  }

  join(host: SessionHost): void {
    this.#hosts.push(host);
    if (this.#attending !== undefined) return;
    this.#attending = setInterval(() => void this.#attend(), this.#ttlMs / 3).unref();
    void this.#subscribe();
  }

  findSessions(query: SessionQuery): Promise<FleetSessions | Fault> {
    return this.#ask("find", query);
  }

  endSessions(query: SessionQuery): Promise<FleetSessions | Fault> {
    return this.#ask("end", query);
  }

  async close(): Promise<void> {
    clearInterval(this.#attending);
    this.#hosts.length = 0;
    if (this.#isConnected) {
      await this.#connection.zrem(this.#nodes, this.#member).catch(() => undefined);
    }
    this.#connection.disconnect();
  }

  get #isConnected(): boolean {
    return this.#connection.status === "ready";
  }

  /** As it stands in the set of nodes. */
  get #member(): string {
    return `${this.#id} ${this.#options.node}`;
  }

  async #ask(verb: Question["verb"], query: SessionQuery): Promise<FleetSessions | Fault> {
    if (!this.#isConnected) return { fault: "lease-store-down", cause: this.#lastCause };
    const gathering = new Gathering();
    const question: Question = { question: randomUUID(), answerTo: this.#answers, verb, query };
    this.#gatherings.set(question.question, gathering);
    try {
      const members = await this.#connection.askNodes(
        this.#nodes,
        this.#questions,
        JSON.stringify(question),
        this.#ttlMs,
      );
      gathering.expect(new Map(members.map(nodeOf)));
      await inTime(gathering.complete, this.#options.answerMsMax ?? 1000);
      // Each process has kept to the limit: what is ended is ended, and is told.
      return gathering.result(verb === "find" ? query.limit : undefined);
    } catch (cause) {
      return { fault: "lease-store-down", cause: foreseen(cause) };
    } finally {
      this.#gatherings.delete(question.question);
    }
  }

  #listen(): void {
    const connection = this.#connection;
    connection.on("ready", () => void this.#subscribe());
    connection.on("error", (cause: unknown) => {
      this.#lastCause = foreseen(cause);
    });
    connection.on("message", (channel: string, text: string) => {
      // What another process of ours has sent. Who else can write here can do worse to our leases.
      const message: unknown = JSON.parse(text);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      if (channel === this.#questions) void this.#reply(message as Question);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      else if (channel === this.#answers) this.#gather(message as AnswerPart);
    });
  }

  async #subscribe(): Promise<void> {
    if (!this.#isConnected) return;
    try {
      const channels = this.#hosts.length > 0 ? [this.#answers, this.#questions] : [this.#answers];
      await this.#connection.subscribe(...channels);
      await this.#attend();
    } catch (cause) {
      this.#options.log?.warn(
        { event: "session-channel-refused", err: foreseen(cause) },
        "sessions cannot be asked for",
      );
    }
  }

  async #attend(): Promise<void> {
    if (!this.#isConnected || this.#hosts.length === 0) return;
    // What fails here fails again in a few seconds, or does not; the leases tell that Redis is away.
    await this.#connection.attend(this.#nodes, this.#member).catch(() => undefined);
  }

  #gather(part: AnswerPart): void {
    this.#gatherings.get(part.question)?.add(part);
  }

  async #reply({ question, answerTo, verb, query }: Question): Promise<void> {
    const found = this.#hosts.flatMap((host) =>
      verb === "find" ? host.findSessions(query) : host.endSessions(query),
    );
    const limit = verb === "find" ? query.limit : found.length;
    const sessions = firstInOrder(found, limit).map((session) => this.#named(session));
    for (let at = 0; at === 0 || at < sessions.length; at += PART_SESSIONS_MAX) {
      const isLast = at + PART_SESSIONS_MAX >= sessions.length;
      const part: AnswerPart = {
        question,
        from: this.#id,
        sessions: sessions.slice(at, at + PART_SESSIONS_MAX),
        isLast,
      };
      // Who asked notices what is missing.
      await this.#connection.publish(answerTo, JSON.stringify(part)).catch(() => undefined);
    }
  }

  #named(session: LiveSession): FleetSession {
    return { ...session, node: this.#options.node };
  }
}

function nodeOf(member: string): [id: string, name: string] {
  const [id = "", name = ""] = member.split(" ");
  return [id, name];
}

async function inTime(done: Promise<void>, milliseconds: number): Promise<void> {
  const patience = new AbortController();
  await Promise.race([
    done,
    sleep(milliseconds, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
}

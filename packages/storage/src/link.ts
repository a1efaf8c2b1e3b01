import type { Log, ServiceEvents } from "@poplar/telemetry";
import pg from "pg";
import { Lane, type LaneObserver } from "./lane/lane.ts";
import { LaneSocket } from "./lane/lane-socket.ts";
import type { StorageLimits } from "./limits.ts";
import { asStorageError, StorageError } from "./storage-error.ts";

/** What the store reports to, beside its answers. */
export interface LinkSettings {
  /** `postgres://…`, as libpq and `pg` understand it. */
  readonly connection: string;
  readonly limits: StorageLimits;
  readonly log: Log;
  readonly events: Pick<ServiceEvents, "dependencyDown" | "dependencyUp">;
}

/** The name of Postgres in events and metrics. */
const dependency = "postgres";

/** Statements that take longer are worth a line in the log. */
const slowMs = 1000;

/** How often an unreachable Postgres is tried without anybody asking. */
const probeMs = 1000;

/**
 * The way to Postgres: makes connections, and knows whether it is there.
 *
 * While it is not, calls fail at once; it is tried again every second, and by the first call after
 * `reconnectMs`.
 */
export class Link {
  readonly #settings: LinkSettings;
  #refusal: { readonly error: StorageError; readonly untilMs: number } | undefined;
  #isDown = false;
  #isClosed = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  get limits(): StorageLimits {
    return this.#settings.limits;
  }

  /** Opens a connection whose statements may take so long. Rejects with a `StorageError`. */
  async connect(statementMsMax: number): Promise<Lane> {
    if (this.#isClosed) throw new StorageError("closed", "the store is closed");
    if (this.#refusal !== undefined && performance.now() < this.#refusal.untilMs) throw this.#refusal.error;
    try {
      const lane = await this.#open(statementMsMax);
      if (this.#isClosed) lane.close();
      this.#reached();
      return lane;
    } catch (error) {
      const refused = asStorageError(error);
      this.#missed(refused);
      throw refused;
    }
  }

  /** Postgres answered. */
  #reached(): void {
    this.#refusal = undefined;
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#settings.events.dependencyUp(dependency);
  }

  /** A connection was refused: until it is tried again everybody hears so. */
  #missed(error: StorageError): void {
    if (this.#isClosed) return;
    this.#refusal = { error, untilMs: performance.now() + this.limits.reconnectMs };
    if (!this.#isDown) this.#settings.events.dependencyDown({ dependency, cause: error });
    this.#isDown = true;
    this.#probeAfter(probeMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#probe);
  }

  async #open(statementMsMax: number): Promise<Lane> {
    const { connection, limits } = this.#settings;
    const direct = new LaneSocket();
    const client = new pg.Client({
      connectionString: connection,
      stream: () => direct.stream,
      connectionTimeoutMillis: limits.connectMsMax,
      query_timeout: limits.connectMsMax,
      keepAlive: true,
      fallback_application_name: "poplar",
    });
    // A lost connection is reported by the lane.
    client.on("error", () => {});
    await client.connect();
    try {
      await client.query(greeting(statementMsMax, limits.lockMsMax));
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    const { stream } = client.connection;
    // From here on the octets are the lane's: the parser of `pg` hears no more of them.
    stream.removeAllListeners("data");
    const graceMs = limits.connectMsMax;
    // With TLS, it is another stream on top of it.
    const socket = stream === direct.stream ? direct : stream;
    return new Lane(socket, statementMsMax + graceMs, this.#observer);
  }

  readonly #observer: LaneObserver = {
    statementDone: (statement, milliseconds) => {
      if (milliseconds < slowMs) return;
      this.#settings.log.warn({ event: "postgres-statement-slow", statement, milliseconds });
    },
    statementFailed: (statement, error) => {
      this.#settings.log.warn({ event: "postgres-statement-failed", statement, err: error });
    },
    lost: (error) => {
      if (this.#isClosed) return;
      this.#settings.log.warn({ event: "postgres-connection-lost", err: error });
      this.#probeAfter(0);
    },
  };

  /** Looks whether Postgres is there, though nobody has asked. */
  #probeAfter(milliseconds: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => {
      this.connect(this.limits.lookupMsMax).then(
        (lane) => lane.close(),
        // `connect` has reported it, and asked for the next try.
        () => {},
      );
    }, milliseconds).unref();
  }
}

/**
 * What each connection is told first. Durable commits whatever the server's default is; one plan for all
 * values, by index even while a table is small, since every statement looks for a few rows by their keys and
 * is planned but once; and the server's life, which ends with a crash (an unlogged table is empty then): half
 * of what the fence compares.
 */
const greeting = (statementMsMax: number, lockMsMax: number): string => `
  set synchronous_commit = on;
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off;
  set statement_timeout = ${statementMsMax};
  set lock_timeout = ${lockMsMax};
  set idle_in_transaction_session_timeout = ${statementMsMax};
  insert into server_life select where not exists (select from server_life) on conflict do nothing;
`;

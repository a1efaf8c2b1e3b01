import type { Page, RegistryFault } from "@poplar/maildrop";
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import type { Link } from "./link.ts";
import type { Schema } from "./schema.ts";
import { asStorageError, StorageError } from "./storage-error.ts";

/** A transaction of an operator's change. */
export type Tx = Transaction<Schema>;

/** Callers that wait for one of the few connections; beyond it `storage-down` is answered at once. */
const waitingMax = 64;

/** Thrown inside a transaction to roll it back and answer with a fault. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly fault: RegistryFault;

  constructor(fault: RegistryFault) {
    super(fault.registryFault);
    this.fault = fault;
  }
}

/** Ends the transaction under way: nothing of it stays, and its caller is answered with the fault. */
export function refuse(fault: RegistryFault): never {
  throw new Refusal(fault);
}

/**
 * A standby would answer with what was, and for a moment after a failover the way to the primary may lead to
 * one: such a connection is thrown away.
 */
function refuseStandby(client: pg.PoolClient, done: (error?: Error) => void): void {
  client.query<{ transaction_read_only: string }>("show transaction_read_only").then(
    ({ rows: [row] }) => {
      const isPrimary = row?.transaction_read_only === "off";
      done(isPrimary ? undefined : new StorageError("unreachable", "this Postgres only reads: a standby"));
    },
    (error: unknown) => done(asStorageError(error)),
  );
}

const pageEntriesMax = 1000;

/** How many entries a page may have, whatever was asked for. */
export const limitOf = ({ limit }: Page): number => Math.min(Math.max(limit, 1), pageEntriesMax);

/** Runs operators' changes, on connections of their own, through kysely. */
export class RegistryDatabase {
  readonly #pool: pg.Pool;
  readonly #db: Kysely<Schema>;

  constructor(connection: string, link: Link) {
    const { limits } = link;
    this.#pool = new pg.Pool({
      connectionString: connection,
      max: limits.registryConnections,
      connectionTimeoutMillis: limits.connectMsMax,
      query_timeout: limits.writeMsMax + limits.connectMsMax,
      statement_timeout: limits.writeMsMax,
      lock_timeout: limits.lockMsMax,
      fallback_application_name: "poplar-registry",
      verify: refuseStandby,
    });
    // A connection that is lost while idle: the lanes report it, and the next statement opens another one.
    this.#pool.on("error", () => {});
    this.#db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  /** Reads without a transaction. */
  async read<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T | RegistryFault> {
    return this.#answer(() => work(this.#db));
  }

  /** Changes in one transaction, all of it or nothing. */
  async change<T>(work: (tx: Tx) => Promise<T>): Promise<T | RegistryFault> {
    return this.#answer(() => this.#db.transaction().execute(work));
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }

  async #answer<T>(work: () => Promise<T>): Promise<T | RegistryFault> {
    try {
      if (this.#pool.waitingCount >= waitingMax) throw new StorageError("busy", "too many changes at once");
      return await work();
    } catch (error) {
      if (error instanceof Refusal) return error.fault;
      return { registryFault: "storage-down", cause: asStorageError(error) };
    }
  }
}

import type { Duplex } from "node:stream";
import { readOnlyTransaction, StorageError } from "../storage-error.ts";
import { errorOf } from "./error-response.ts";
import { MessageWriter, type Statement } from "./frontend-message.ts";
import { LaneSocket } from "./lane-socket.ts";
import { type BackendMessage, MessageSplitter } from "./message-splitter.ts";
import type { Row, Value } from "./value.ts";

/** Hears how statements went. Must not throw. */
export interface LaneObserver {
  statementDone(statement: string, milliseconds: number): void;
  statementFailed(statement: string, error: StorageError): void;
  /** The connection is gone, though nobody closed it. */
  lost(error: StorageError): void;
}

/** Hears a row as it comes. The octets of its fields change when this has returned. */
export type TakeRow = (row: Row) => void;

interface Pending {
  readonly statement: Statement;
  readonly rows: Row[];
  readonly take: TakeRow | undefined;
  readonly sinceMs: number;
  /** Parsed and bound: an error after that says nothing about the prepared statement. */
  isBound: boolean;
  error: StorageError | undefined;
  resolve(rows: Row[]): void;
  reject(error: StorageError): void;
}

/** Types of messages from Postgres, from "Message Formats" of its manual. */
const BIND_COMPLETE = 0x32;
const DATA_ROW = 0x44;
const ERROR_RESPONSE = 0x45;
const READY_FOR_QUERY = 0x5a;
// The others that occur (ParseComplete, CommandComplete, notices, parameters) need no answer.

/**
 * A prepared statement that no longer fits its tables, or is not there, or a server that is no primary:
 * another connection will do.
 */
const staleStates: ReadonlySet<string> = new Set(["0A000", "26000", readOnlyTransaction]);

/**
 * One connection that runs named prepared statements, pipelined, with results in binary.
 *
 * Why not `pg` for this: its binary mode corrupts octets, its text mode sends them as hex, and its parser
 * moves what it has handed out. It still connects, with TLS and SCRAM, and then hands over its socket.
 *
 * Each statement is followed by a Sync, so one that fails fails alone.
 */
export class Lane {
  readonly #socket: Duplex;
  readonly #observer: LaneObserver;
  readonly #writer = new MessageWriter();
  readonly #prepared = new Set<string>();
  /** Answered from the front; `#answered` counts those at the front that are done with. */
  #pending: Pending[] = [];
  #answered = 0;
  readonly #watchdog: NodeJS.Timeout;
  #closed: StorageError | undefined;
  #lastError: StorageError | undefined;
  readonly #closedListeners: (() => void)[] = [];

  /** @param answerMsMax a statement without an answer for so long means that the server is gone. */
  constructor(way: Duplex | LaneSocket, answerMsMax: number, observer: LaneObserver) {
    const socket = way instanceof LaneSocket ? way.stream : way;
    this.#socket = socket;
    this.#observer = observer;
    this.#watchdog = setTimeout(() => this.#bark(), answerMsMax).unref();
    const splitter = new MessageSplitter((message) => this.#obey(message));
    const hear = (octets: Buffer): void => {
      try {
        splitter.push(octets);
      } catch (error) {
        this.#fail(new StorageError("unreachable", "the connection to Postgres speaks nonsense", { error }));
      }
    };
    if (way instanceof LaneSocket) way.takeOver(hear);
    else socket.on("data", hear);
    socket.on("error", (error: Error) =>
      this.#fail(new StorageError("unreachable", error.message, { error })),
    );
    socket.on("close", () =>
      this.#fail(this.#lastError ?? new StorageError("unreachable", "the connection to Postgres was lost")),
    );
  }

  /** Statements not answered yet. */
  get waiting(): number {
    return this.#pending.length - this.#answered;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  onClosed(listener: () => void): void {
    this.#closedListeners.push(listener);
  }

  /**
   * Runs a statement after those asked for before. Rejects with a `StorageError` only.
   *
   * @param take gets the rows in the place of the answer.
   */
  async run(statement: Statement, values: readonly Value[], take?: TakeRow): Promise<Row[]> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.waiting === 0) this.#watchdog.refresh();
    // What all sessions ask for in one turn of the event loop leaves in one write: a write costs more than
    // what is in it.
    if (this.#writer.isEmpty) setImmediate(() => this.#flush());
    if (!this.#prepared.has(statement.name)) {
      this.#prepared.add(statement.name);
      this.#writer.parse(statement);
    }
    this.#writer.run(statement, values);
    return new Promise((resolve, reject) => {
      const sinceMs = performance.now();
      const rows: Row[] = [];
      this.#pending.push({
        statement,
        rows,
        take,
        sinceMs,
        isBound: false,
        error: undefined,
        resolve,
        reject,
      });
    });
  }

  /** Ends the connection; statements under way fail. Safe to call twice. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#end(new StorageError("closed", "the store is closed"));
    // Terminate: 'X' and its length.
    this.#socket.end(Buffer.of(0x58, 0, 0, 0, 4), () => this.#socket.destroy());
  }

  #flush(): void {
    if (this.#closed === undefined) this.#socket.write(this.#writer.take());
  }

  #obey(message: BackendMessage): void {
    const pending = this.#pending[this.#answered];
    switch (message.type) {
      case BIND_COMPLETE:
        if (pending !== undefined) pending.isBound = true;
        return;
      case DATA_ROW:
        if (pending?.take === undefined) pending?.rows.push(fieldsOf(Buffer.from(message.payload)));
        else pending.take(fieldsOf(message.payload));
        return;
      case ERROR_RESPONSE: {
        const error = errorOf(message.payload);
        if (pending === undefined) this.#lastError = error;
        else pending.error = error;
        return;
      }
      case READY_FOR_QUERY:
        if (pending !== undefined) this.#answer(pending);
        return;
    }
  }

  #answer(pending: Pending): void {
    this.#answered += 1;
    if (this.#answered === this.#pending.length) {
      this.#pending = [];
      this.#answered = 0;
    } else if (this.#answered >= 64) {
      this.#pending = this.#pending.slice(this.#answered);
      this.#answered = 0;
    }
    this.#watchdog.refresh();
    const { statement, error } = pending;
    if (error === undefined) {
      this.#observer.statementDone(statement.name, performance.now() - pending.sinceMs);
      pending.resolve(pending.rows);
      return;
    }
    this.#observer.statementFailed(statement.name, error);
    pending.reject(error);
    // A statement that could not be parsed is not there the next time either.
    if (!pending.isBound || staleStates.has(error.sqlState ?? "")) this.#fail(error);
  }

  #bark(): void {
    if (this.waiting === 0 || this.#closed !== undefined) return;
    this.#fail(new StorageError("unreachable", "Postgres does not answer"));
  }

  #fail(error: StorageError): void {
    if (this.#closed !== undefined) return;
    this.#end(error);
    this.#socket.destroy();
    this.#observer.lost(error);
  }

  #end(error: StorageError): void {
    this.#closed = error;
    clearTimeout(this.#watchdog);
    const abandoned = this.#pending.slice(this.#answered);
    this.#pending = [];
    this.#answered = 0;
    // What Postgres said last to the statement under way (a shutdown, a termination) is why the connection
    // ended.
    for (const pending of abandoned) pending.reject(lostBecause(pending.error ?? error));
    for (const listener of this.#closedListeners) listener();
  }
}

const lostBecause = (error: StorageError): StorageError =>
  error.code === "refused"
    ? new StorageError("unreachable", error.message, {
        ...(error.sqlState === undefined ? {} : { sqlState: error.sqlState }),
        error,
      })
    : error;

/** The fields of a DataRow, as slices of it. */
function fieldsOf(payload: Buffer): Row {
  const count = payload.readUInt16BE(0);
  const fields: (Uint8Array | null)[] = [];
  let at = 2;
  for (let index = 0; index < count; index += 1) {
    const octets = payload.readInt32BE(at);
    at += 4;
    if (octets === -1) {
      fields.push(null);
    } else {
      fields.push(payload.subarray(at, at + octets));
      at += octets;
    }
  }
  return fields;
}

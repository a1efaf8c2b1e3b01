import { type Value, ValueArray } from "./value.ts";

/** A statement with a name: parsed and planned once on each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Types of messages to Postgres, from "Message Formats" of its manual. */
const PARSE = 0x50;
const BIND = 0x42;
const EXECUTE = 0x45;
const SYNC = 0x53;

const BINARY = 1;
const TEXT = 0;

/** Writes messages into one buffer that grows: small statements of one turn leave in one write. */
export class MessageWriter {
  #buffer = Buffer.allocUnsafe(initialOctets);
  #length = 0;

  /** Octets to send now; the writer begins anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(initialOctets);
    this.#length = 0;
    return taken;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  parse(statement: Statement): void {
    const start = this.#begin(PARSE);
    this.#text(statement.name);
    this.#text(statement.text);
    this.#int16(0);
    this.#end(start);
  }

  /** Binds the unnamed portal, executes it, and asks for the end of the statement's transaction. */
  run(statement: Statement, values: readonly Value[]): void {
    const start = this.#begin(BIND);
    this.#text("");
    this.#text(statement.name);
    this.#int16(values.length);
    for (const value of values) this.#int16(isBinary(value) ? BINARY : TEXT);
    this.#int16(values.length);
    for (const value of values) this.#value(value);
    this.#int16(1);
    this.#int16(BINARY);
    this.#end(start);
    const execute = this.#begin(EXECUTE);
    this.#text("");
    this.#int32(0);
    this.#end(execute);
    this.#end(this.#begin(SYNC));
  }

  #value(value: Value): void {
    if (value === null) {
      this.#int32(-1);
      return;
    }
    this.#octets(value instanceof ValueArray ? value.encoded : encodeValue(value));
  }

  #octets(octets: Uint8Array): void {
    this.#int32(octets.length);
    this.#reserve(octets.length);
    this.#buffer.set(octets, this.#length);
    this.#length += octets.length;
  }

  #begin(type: number): number {
    this.#reserve(5);
    this.#buffer[this.#length] = type;
    const start = this.#length + 1;
    this.#length += 5;
    return start;
  }

  #end(start: number): void {
    this.#buffer.writeInt32BE(this.#length - start, start);
  }

  #int16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE(value, this.#length);
  }

  #int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
  }

  #text(text: string): void {
    const octets = Buffer.byteLength(text, "utf8");
    this.#reserve(octets + 1);
    this.#buffer.write(text, this.#length, "utf8");
    this.#length += octets;
    this.#buffer[this.#length] = 0;
    this.#length += 1;
  }

  #reserve(octets: number): void {
    const needed = this.#length + octets;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

const initialOctets = 2048;

const isBinary = (value: Value): boolean => value instanceof Uint8Array || value instanceof ValueArray;

function encodeValue(value: Exclude<Value, null | ValueArray>): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "object") return Buffer.from(`{${value.join(",")}}`, "latin1");
  return Buffer.from(String(value), "utf8");
}

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { withoutTrace } from "../fixtures/nasty-mail.ts";
import type { LabClient } from "../server/lab-client.ts";

/** What the client of one maildrop knows about a message. */
type Fate =
  /** The server said 250. */
  | "delivered"
  /** It was on its way: it is there whole, or not at all. */
  | "sent"
  /** QUIT was on its way: all that were deleted with it are gone, or none of them. */
  | "doomed"
  /** The server said +OK to QUIT. */
  | "deleted";

interface Entry {
  readonly name: string;
  readonly digest: string;
  fate: Fate;
}

/** A message that names itself. */
export function namedMessage(name: string, octets: number): Buffer {
  const line = `${createHash("sha256").update(name).digest("hex")}\r\n.\r\n`;
  const body = line.repeat(Math.ceil(octets / line.length));
  return Buffer.from(`X-Case: ${name}\r\nSubject: ${name}\r\n\r\n${body}`);
}

const digestOf = (message: Buffer): string => createHash("sha256").update(message).digest("hex");

/** All that was promised about one maildrop, and what was seen of it. */
export class Ledger {
  readonly login: string;
  readonly #entries = new Map<string, Entry>();
  /** To which message each unique-id belongs, for ever. RFC 1939 §7. */
  readonly #owners = new Map<string, string>();

  constructor(login: string) {
    this.login = login;
  }

  /** A message is sent from here on. */
  send(name: string, octets: Buffer): void {
    this.#entries.set(name, { name, digest: digestOf(octets), fate: "sent" });
  }

  delivered(name: string): void {
    this.#entry(name).fate = "delivered";
  }

  /** QUIT is sent from here on. */
  doom(names: readonly string[]): void {
    for (const name of names) this.#entry(name).fate = "doomed";
  }

  deleted(names: readonly string[]): void {
    for (const name of names) this.#entry(name).fate = "deleted";
  }

  /**
   * Reads the whole maildrop and compares it with what was promised; what was open is settled by it.
   *
   * @returns the messages that are there, in order.
   */
  async settle(client: LabClient): Promise<string[]> {
    await client.ask("UIDL");
    const uniqueIds = (await client.lines()).split("\r\n").slice(0, -1);
    const present: string[] = [];
    for (const line of uniqueIds) {
      const [number = "", uniqueId = ""] = line.split(" ");
      const reply = await client.ask(`RETR ${number}`);
      ok(reply.startsWith("+OK"), `${this.login}: RETR ${number}: ${reply}`);
      present.push(this.#recognise(uniqueId, await client.lines()));
    }
    strictEqual(new Set(present).size, present.length, `${this.login}: nothing is there twice`);
    this.#settle(new Set(present));
    return present;
  }

  #recognise(uniqueId: string, lines: string): string {
    const unstuffed = Buffer.from(lines.replaceAll(/^\./gm, ""), "latin1");
    const message = withoutTrace(unstuffed);
    const name = /^X-Case: (.*)\r$/m.exec(message.toString("latin1", 0, 500))?.[1] ?? "(nameless)";
    strictEqual(digestOf(message), this.#entry(name).digest, `${this.login}: ${name} is whole`);
    strictEqual(this.#owners.get(uniqueId) ?? name, name, `${this.login}: ${uniqueId} was another message's`);
    this.#owners.set(uniqueId, name);
    return name;
  }

  #settle(present: ReadonlySet<string>): void {
    const doomed: boolean[] = [];
    for (const entry of this.#entries.values()) {
      const isThere = present.has(entry.name);
      if (entry.fate === "delivered") ok(isThere, `${this.login}: ${entry.name} was accepted, and is lost`);
      if (entry.fate === "deleted") ok(!isThere, `${this.login}: ${entry.name} was deleted, and is back`);
      if (entry.fate === "doomed") doomed.push(isThere);
      if (isThere) entry.fate = "delivered";
      else this.#entries.delete(entry.name);
    }
    const differing = doomed.filter((isThere) => isThere !== doomed[0]);
    deepStrictEqual(differing, [], `${this.login}: one QUIT deleted a part of what it should`);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`${this.login}: nobody has sent ${name}`);
    return entry;
  }
}

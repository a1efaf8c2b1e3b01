import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Refusal } from "../refusal.ts";
import { type LinePiece, linePieces } from "./line-pieces.ts";
import type { MailSource, SourceMessage } from "./mail-source.ts";
import { fieldsIn } from "./message-header.ts";
import { dovecotUidl } from "./uidl-rules.ts";
import { DistinctIds, uniqueIdFrom } from "./unique-id.ts";

/** How lines that begin with From are quoted: by `mboxrd` quoted ones again, by `mboxo` From itself only. */
export type MboxFormat = "mboxrd" | "mboxo";

/** An mbox file. */
export interface MboxRequest {
  readonly file: string;
  readonly format: MboxFormat;
  /** From X-IMAPbase and X-UID, which Dovecot and UW-IMAP write; `auto`: if they are there. */
  readonly keepUidl: "dovecot" | "auto" | undefined;
  /** `pop3_uidl_format` of Dovecot. */
  readonly uidlFormat: string;
}

/** A message as it lies in the file. */
interface Found {
  /** Its line that begins with From. */
  readonly separator: string;
  readonly start: number;
  readonly end: number;
  /** Of the next one's separator, or the file's end. */
  readonly next: number;
  readonly header: string;
  readonly digest: string;
}

const LF = 0x0a;
const CR = 0x0d;
const headerOctetsMax = 64 * 1024;

/** Opens an mbox. It is read twice: once to see where the messages lie, once to hand them on. */
export async function openMbox(request: MboxRequest): Promise<MailSource> {
  const found = await stat(request.file).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    throw new Refusal("usage", "file-unreadable", `The file ${request.file} cannot be read.`);
  }
  const validity = await validityIn(request);
  return {
    rule: validity === undefined ? "none" : "dovecot",
    weight: found.size,
    unit: "octets",
    messages: () => messagesOf(request, validity),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** UIDVALIDITY, which stands in the first message. */
async function validityIn({ file, keepUidl }: MboxRequest): Promise<number | undefined> {
  if (keepUidl === undefined) return undefined;
  for await (const { header } of scan(file)) {
    const fields = fieldsIn(header);
    const base = fields.get("x-imapbase") ?? fields.get("x-imap");
    const [, validity] = /^(\d+) \d+/.exec(base ?? "") ?? [];
    if (validity !== undefined) return Number(validity);
    break;
  }
  if (keepUidl === "auto") return undefined;
  throw new Refusal("usage", "uidl-missing", `No X-IMAPbase stands in the first message of ${file}.`);
}

async function* messagesOf(
  { file, format, uidlFormat }: MboxRequest,
  validity: number | undefined,
): AsyncGenerator<SourceMessage, void, undefined> {
  const distinct = new DistinctIds();
  let number = 0;
  for await (const { separator, start, end, next, header, digest } of scan(file)) {
    number += 1;
    const fields = fieldsIn(header);
    if (
      number === 1 &&
      fields.has("x-imap") &&
      fields.get("subject")?.endsWith("FOLDER INTERNAL DATA") === true
    )
      continue;
    const uid = Number(/^\d+$/.exec(fields.get("x-uid") ?? "")?.[0] ?? Number.NaN);
    const isKept = validity !== undefined && !Number.isNaN(uid);
    const byContent = distinct.next(digest);
    const receivedAt = timeIn(separator);
    yield {
      name: `${file}, message ${number}`,
      uniqueId: isKept ? uniqueIdFrom(dovecotUidl(uidlFormat, { uid, validity, name: digest })) : byContent,
      ...(isKept ? { formerId: byContent } : {}),
      isKept,
      ...(receivedAt === undefined ? {} : { receivedAt }),
      weight: next - start + separator.length,
      open: () => unquoted(file, { start, end }, format),
    };
  }
}

/** Finds the messages, one after the other. */
async function* scan(file: string): AsyncGenerator<Found, void, undefined> {
  let at = 0;
  let message: Scanned | undefined;
  let isAfterBlank = true;
  for await (const piece of linePieces(createReadStream(file))) {
    const { octets } = piece;
    if (isAfterBlank && piece.isLineStart && isSeparator(octets)) {
      if (message !== undefined) yield message.found(at);
      message = new Scanned(Buffer.from(octets).toString("latin1").trimEnd(), at + octets.length);
    } else if (message === undefined) {
      throw new Refusal("refused", "no-mbox", `${file} is no mbox: it does not begin with From.`);
    } else message.take(piece);
    at += octets.length;
    isAfterBlank = piece.isLineStart && isBlank(octets);
  }
  if (message !== undefined) yield message.found(at);
}

/** A message that is being scanned. */
class Scanned {
  readonly #separator: string;
  readonly #start: number;
  readonly #hash: Hash = createHash("sha256");
  #octets = 0;
  #header = "";
  #isHeader = true;
  /** An empty line that may stand before the next message: then it is none of this one's. */
  #blank: Uint8Array | undefined;

  constructor(separator: string, start: number) {
    this.#separator = separator;
    this.#start = start;
  }

  take({ octets, isLineStart }: LinePiece): void {
    if (this.#blank !== undefined) this.#add(this.#blank);
    this.#blank = undefined;
    if (isLineStart && isBlank(octets)) this.#blank = Uint8Array.from(octets);
    else this.#add(octets);
  }

  found(next: number): Found {
    return {
      separator: this.#separator,
      start: this.#start,
      end: this.#start + this.#octets,
      next,
      header: this.#header,
      digest: this.#hash.digest("base64url"),
    };
  }

  #add(octets: Uint8Array): void {
    this.#octets += octets.length;
    const line = this.#isHeader ? Buffer.from(octets).toString("latin1") : "";
    if (this.#isHeader && this.#header.length < headerOctetsMax) this.#header += line;
    if (isBlank(octets)) this.#isHeader = false;
    // What mail programs write into the file as they go must not make another message of it.
    if (!/^(?:status|x-status|x-keywords|x-uid|x-imap|x-imapbase|content-length):/i.test(line)) {
      this.#hash.update(octets);
    }
  }
}

async function* unquoted(
  file: string,
  { start, end }: { readonly start: number; readonly end: number },
  format: MboxFormat,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (end <= start) return;
  const quoted = format === "mboxrd" ? /^>+From / : /^>From /;
  for await (const { octets, isLineStart } of linePieces(createReadStream(file, { start, end: end - 1 }))) {
    const isQuoted =
      isLineStart && octets[0] === GREATER && quoted.test(Buffer.from(octets).toString("latin1"));
    yield isQuoted ? octets.subarray(1) : octets;
  }
}

const GREATER = 0x3e;
const FROM = Buffer.from("From ");

const isSeparator = (octets: Uint8Array): boolean => FROM.equals(octets.subarray(0, FROM.length));

const isBlank = (octets: Uint8Array): boolean =>
  (octets.length === 1 && octets[0] === LF) || (octets.length === 2 && octets[0] === CR && octets[1] === LF);

/** The time at the end of the separator, in UTC: `From alice@example.test Tue Nov 24 12:00:00 2026`. */
function timeIn(separator: string): Date | undefined {
  const [, day, clock, zone, year] =
    /\w{3} (\w{3} +\d{1,2}) (\d\d:\d\d(?::\d\d)?)(?: ([+-]\d{4}))? (\d{4})(?: ([+-]\d{4}))?$/.exec(
      separator,
    ) ?? [];
  const time = Date.parse(`${day} ${year} ${clock} ${zone ?? "UTC"}`);
  return Number.isNaN(time) || time > Date.now() ? undefined : new Date(time);
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cyrusUidls } from "./cyrus-index.ts";
import type { KnownUidl } from "./known-uidl.ts";

/** Which server's files say what clients know the messages by. */
export type UidlServer = "dovecot" | "courier" | "cyrus";

/** What a server has written down about the files of a maildrop. */
export interface UidlRule {
  readonly server: UidlServer | "none";
  /** By the name of a message file without its flags. */
  readonly known: ReadonlyMap<string, KnownUidl>;
}

/** The file that a server keeps beside the messages. */
export const uidlFiles: Readonly<Record<UidlServer, string>> = {
  dovecot: "dovecot-uidlist",
  courier: "courierpop3dsizelist",
  cyrus: "cyrus.index",
};

/** Dovecot's own `pop3_uidl_format`. */
export const dovecotFormat = "%08Xu%08Xv";

/** Reads what a server has written down; `undefined` when it has written nothing. */
export async function readUidls(
  folder: string,
  server: UidlServer,
  format: string,
): Promise<ReadonlyMap<string, KnownUidl> | undefined> {
  const content = await readFile(join(folder, uidlFiles[server])).catch(() => undefined);
  if (content === undefined) return undefined;
  switch (server) {
    case "dovecot":
      return dovecotUidls(content.toString("latin1"), format);
    case "courier":
      return courierUidls(content.toString("latin1"));
    case "cyrus":
      return cyrusUidls(content);
  }
}

/** A name without what Maildir puts behind it. */
export const baseName = (name: string): string => name.replace(/:2,[^:]*$/, "");

/**
 * `dovecot-uidlist`: in the first line the version and, behind V, the UIDVALIDITY; then a line for each
 * message, its UID first, its file name last. P is a unique-id that Dovecot has itself taken over from
 * another server, O the place of the message there.
 */
function dovecotUidls(text: string, format: string): ReadonlyMap<string, KnownUidl> {
  const [head = "", ...lines] = text.split("\n");
  const validity = Number(/^3 (?:.* )?V(\d+)/.exec(head)?.[1] ?? /^1 (\d+)/.exec(head)?.[1] ?? Number.NaN);
  const known = new Map<string, KnownUidl>();
  if (Number.isNaN(validity)) return known;
  for (const line of lines) {
    const [, uid, fields = "", name = ""] = /^(\d+) (?:((?:[A-Z][^ ]* )*):)?(.+)$/.exec(line) ?? [];
    if (uid === undefined) continue;
    const field = (letter: string): string | undefined =>
      fields
        .split(" ")
        .find((one) => one.startsWith(letter))
        ?.slice(1);
    const place = field("O");
    known.set(baseName(name), {
      uniqueId: field("P") ?? dovecotUidl(format, { uid: Number(uid), validity, name: baseName(name) }),
      order: place === undefined ? Number(uid) + orderOffset : Number(place),
    });
  }
  return known;
}

/** What has no place of its own comes behind what has one. */
const orderOffset = 2 ** 32;

/** What a unique-id of Dovecot is made from. */
export interface DovecotMessage {
  readonly uid: number;
  readonly validity: number;
  /** Of the file, without flags; also its GUID. */
  readonly name: string;
}

/** Writes a unique-id as `pop3_uidl_format` says: u, v, f and g, with X for hexadecimal and a width. */
export function dovecotUidl(format: string, { uid, validity, name }: DovecotMessage): string {
  return format.replaceAll(/%0?\d*X?[uvfg%]/g, (token) => {
    const what = token.at(-1);
    if (what === "%") return "%";
    if (what === "f" || what === "g") return name;
    const [, zero = "", width = ""] = /^%(0?)(\d*)/.exec(token) ?? [];
    const number = what === "u" ? uid : validity;
    return number.toString(token.includes("X") ? 16 : 10).padStart(Number(width), zero === "" ? " " : "0");
  });
}

/**
 * `courierpop3dsizelist`: in the first line its version, 2 or 3; then a line for each message: file name,
 * size, and number and UIDVALIDITY with a colon between.
 */
function courierUidls(text: string): ReadonlyMap<string, KnownUidl> {
  const [head = "", ...lines] = text.split("\n");
  const known = new Map<string, KnownUidl>();
  if (!/^\/[23] \d/.test(head)) return known;
  for (const [order, line] of lines.entries()) {
    const [, name, number, validity] = /^(.+) \d+ (\d+):(\d+)(?::\d+)?$/.exec(line) ?? [];
    if (name === undefined) continue;
    known.set(baseName(name), { uniqueId: `UID${number}-${validity}`, order });
  }
  return known;
}

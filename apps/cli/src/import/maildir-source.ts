import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../refusal.ts";
import type { KnownUidl } from "./known-uidl.ts";
import type { MailSource, SourceMessage } from "./mail-source.ts";
import { baseName, readUidls, type UidlRule, type UidlServer, uidlFiles } from "./uidl-rules.ts";
import { uniqueIdFrom } from "./unique-id.ts";

/** A Maildir, or a maildrop of Cyrus. */
export interface MaildirRequest {
  readonly folder: string;
  /** `undefined`: by none; each message is called by its file then. */
  readonly keepUidl: UidlServer | "auto" | undefined;
  /** `pop3_uidl_format` of Dovecot. */
  readonly uidlFormat: string;
}

/** A message file, and what the server knows it by. */
interface MailFile {
  readonly path: string;
  readonly name: string;
  readonly known: KnownUidl | undefined;
}

/** Opens `cur` and `new` of a Maildir, whose subfolders (Maildir++) POP does not show. */
export async function openMaildir(request: MaildirRequest): Promise<MailSource> {
  const rule = await ruleOf(request);
  const files = await (rule.server === "cyrus" ? cyrusFiles : maildirFiles)(request.folder, rule);
  return {
    rule: rule.server,
    weight: files.length,
    unit: "messages",
    messages: async function* () {
      for (const file of files) yield await messageOf(file);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function ruleOf({ folder, keepUidl, uidlFormat }: MaildirRequest): Promise<UidlRule> {
  const servers: readonly UidlServer[] = ["dovecot", "courier", "cyrus"];
  if (keepUidl === undefined) return { server: "none", known: new Map() };
  for (const server of keepUidl === "auto" ? servers : [keepUidl]) {
    const known = await readUidls(folder, server, uidlFormat);
    if (known !== undefined) return { server, known };
  }
  if (keepUidl === "auto") return { server: "none", known: new Map() };
  throw new Refusal("usage", "uidl-file-missing", `There is no ${join(folder, uidlFiles[keepUidl])}.`);
}

async function maildirFiles(folder: string, { known }: UidlRule): Promise<readonly MailFile[]> {
  const files: MailFile[] = [];
  for (const part of ["cur", "new"]) {
    const names = await namesIn(join(folder, part), "a Maildir has the folders cur and new");
    for (const name of names) {
      if (name.startsWith(".")) continue;
      const base = baseName(name);
      files.push({ path: join(folder, part, name), name: base, known: known.get(base) });
    }
  }
  return files.toSorted(inOrder);
}

async function cyrusFiles(folder: string, { known }: UidlRule): Promise<readonly MailFile[]> {
  const names = await namesIn(folder, "it should be the folder with the cyrus.index");
  return names
    .filter((name) => known.has(name))
    .map((name) => ({ path: join(folder, name), name, known: known.get(name) }))
    .toSorted(inOrder);
}

async function namesIn(folder: string, expectation: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (err) {
    const code = err instanceof Error && "code" in err ? String(err.code) : "unknown reason";
    throw new Refusal("usage", "folder-unreadable", `${folder} cannot be read (${code}): ${expectation}.`);
  }
}

/** As the server lists them; what it has not seen yet comes last, by the time in its name. */
function inOrder(one: MailFile, other: MailFile): number {
  const [first, second] = [one, other].map(({ known }) => known?.order ?? Number.POSITIVE_INFINITY);
  if (first !== undefined && second !== undefined && first !== second) return first < second ? -1 : 1;
  const [earlier = 0, later = 0] = [one, other].map(({ name }) => Number.parseInt(name, 10) || 0);
  if (earlier !== later) return earlier - later;
  return one.name < other.name ? -1 : 1;
}

async function messageOf({ path, name, known }: MailFile): Promise<SourceMessage> {
  const byName = uniqueIdFrom(name);
  return {
    name: path,
    uniqueId: known === undefined ? byName : uniqueIdFrom(known.uniqueId),
    ...(known === undefined ? {} : { formerId: byName }),
    isKept: known !== undefined,
    ...(await receivedAt(path, name)),
    weight: 1,
    open: () => createReadStream(path),
  };
}

/** The time in the name, which survives copying; that of the file where there is none. */
async function receivedAt(path: string, name: string): Promise<{ readonly receivedAt?: Date }> {
  const [, seconds] = /^(\d{9,10})\./.exec(name) ?? [];
  if (seconds !== undefined) return { receivedAt: new Date(Number(seconds) * 1000) };
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? {} : { receivedAt: found.mtime };
}

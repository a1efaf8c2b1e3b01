import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loginsOf, type Mail, messageOf } from "./mail-seed.ts";
import { userOf } from "./server-under-test.ts";

/** Files that were written so far. */
let serial = 0;

/**
 * The next name, spread as names are that a clock makes: Dovecot hashes them, and counted ones, which meet in
 * few places of its table, make it ten times as slow.
 */
function nextName(): string {
  serial += 1;
  const seconds = 1_700_000_000 + Math.floor(serial / 300);
  const microseconds = String((serial * 618_033) % 1_000_000).padStart(6, "0");
  return `${seconds}.M${microseconds}P4711.bench`;
}

/**
 * Writes mail into Maildirs: in `cur`, because Dovecot would look through `new` in each session; with bare
 * line feeds and both sizes in the name, as its LMTP does. The octets that a client gets are those of
 * `messageOf`.
 */
export function putMaildirs(root: string, mail: Mail, owner: number): void {
  const homes = loginsOf(mail).map((number) => join(root, userOf(number)));
  for (const home of homes) {
    for (const folder of ["cur", "new", "tmp"]) mkdirSync(join(home, "Maildir", folder), { recursive: true });
  }
  for (let number = 1; number <= mail.messages; number += 1) {
    const message = messageOf(number, mail.octets);
    const stored = message.replaceAll("\r\n", "\n");
    const file = `${nextName()},S=${stored.length},W=${message.length}:2,`;
    for (const home of homes) writeFileSync(join(home, "Maildir/cur", file), stored);
  }
  execFileSync("chown", ["-R", `${owner}:${owner}`, ...homes]);
}

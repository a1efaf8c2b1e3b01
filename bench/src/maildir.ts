import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loginsOf, messageOf } from "./mail-seed.ts";
import type { Mail } from "./scenario.ts";
import { userOf } from "./server-under-test.ts";

/** Makes the names of files unlike those of earlier mail. */
let serial = 0;

/**
 * Writes mail into Maildirs as Dovecot's LMTP leaves it there: in `new`, with bare line feeds, both sizes in
 * the name. The octets that a client gets are those of `messageOf`.
 */
export function putMaildirs(root: string, mail: Mail, owner: number): void {
  const homes = loginsOf(mail).map((number) => join(root, userOf(number)));
  for (const home of homes) {
    for (const folder of ["cur", "new", "tmp"]) mkdirSync(join(home, "Maildir", folder), { recursive: true });
  }
  for (let number = 1; number <= mail.messages; number += 1) {
    const message = messageOf(number, mail.octets);
    const stored = message.replaceAll("\r\n", "\n");
    serial += 1;
    const unique = `${1_700_000_000 + serial}.M${serial}P1.bench`;
    const file = `${unique},S=${stored.length},W=${message.length}`;
    for (const home of homes) writeFileSync(join(home, "Maildir/new", file), stored);
  }
  execFileSync("chown", ["-R", `${owner}:${owner}`, ...homes]);
}

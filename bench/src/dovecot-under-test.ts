import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@poplar/lease/testing";
import type { ServerUnderTest } from "./server-under-test.ts";

const program = "/usr/sbin/dovecot";
const password = "pass";
/** An account that exists everywhere and owns nothing. */
const nobody = 65_534;

/** True where a Dovecot with POP3 and LMTP is installed and may be started: its master wants to be root. */
export const isDovecotHere = (): boolean =>
  existsSync(program) && existsSync("/usr/lib/dovecot/pop3") && process.getuid?.() === 0;

/**
 * Dovecot as somebody who knows it would tune it for speed: login and session processes are used again, no
 * flags are written, sizes are believed, and answers of the password check are cached. Maildir, as nearly
 * everybody has it.
 */
export async function startDovecot(logins: number, scheme: "ARGON2ID" | "PLAIN"): Promise<ServerUnderTest> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "poplar-bench-dovecot-"));
  stack.defer(async () => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  const mail = join(directory, "mail");
  await mkdir(mail);
  await chown(mail, nobody, nobody);
  const ports = { pop3: await freePort(), pop3s: await freePort(), lmtp: await freePort() };
  makeCertificate(directory);
  await writeFile(join(directory, "users"), usersText(logins, scheme), { mode: 0o644 });
  await writeFile(join(directory, "dovecot.conf"), configuration(directory, mail, ports));
  const dovecot = spawn(program, ["-F", "-c", join(directory, "dovecot.conf")], { stdio: "inherit" });
  stack.defer(async () => {
    dovecot.kill("SIGTERM");
    if (dovecot.exitCode === null) await once(dovecot, "exit");
  });
  await delay(1500);
  if (dovecot.exitCode !== null) throw new Error("Dovecot did not start");
  const owned = stack.move();
  return {
    name: "Dovecot, tuned",
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    lmtpPort: ports.lmtp,
    parts: new Map([["Dovecot", dovecot.pid ?? 0]]),
    poploadUsers: "user%06d",
    loginOf: (number) => ({ name: nameOf(number), password }),
    recipientOf: nameOf,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const nameOf = (number: number): string => `user${String(number).padStart(6, "0")}`;

function usersText(logins: number, scheme: string): string {
  const hash =
    scheme === "PLAIN"
      ? `{PLAIN}${password}`
      : execFileSync("doveadm", ["pw", "-s", scheme, "-p", password], { encoding: "utf8" }).trim();
  return Array.from({ length: logins }, (_, index) => `${nameOf(index + 1)}:${hash}::::::\n`).join("");
}

function makeCertificate(directory: string): void {
  const files = ["-keyout", join(directory, "tls.key"), "-out", join(directory, "tls.crt")];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-nodes", ...key, ...files, "-days", "30", "-subj", "/CN=localhost"],
    {
      stdio: "ignore",
    },
  );
}

const configuration = (
  directory: string,
  mail: string,
  ports: { readonly pop3: number; readonly pop3s: number; readonly lmtp: number },
): string => `
base_dir = ${directory}/run
state_dir = ${directory}/state
log_path = ${directory}/dovecot.log
protocols = pop3 lmtp
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain
auth_cache_size = 64M
auth_cache_verify_password_with_worker = no
ssl = yes
ssl_cert = <${directory}/tls.crt
ssl_key = <${directory}/tls.key
mail_location = maildir:~/Maildir
maildir_very_dirty_syncs = yes
mail_fsync = optimized
pop3_no_flag_updates = yes
pop3_fast_size_lookups = yes
mail_max_userip_connections = 0
first_valid_uid = 1
first_valid_gid = 1
default_client_limit = 20000
default_process_limit = 3000
passdb {
  driver = passwd-file
  args = username_format=%u ${directory}/users
}
userdb {
  driver = static
  args = uid=${nobody} gid=${nobody} home=${mail}/%n
}
service pop3-login {
  service_count = 0
  client_limit = 9000
  process_min_avail = 2
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = ${ports.pop3s}
  }
}
service pop3 {
  service_count = 0
  process_limit = 3000
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${ports.lmtp}
  }
}
namespace inbox {
  inbox = yes
  separator = /
}
`;

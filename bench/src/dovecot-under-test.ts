import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "@poplar/testkit";
import { dovecotConfiguration, nobody } from "./dovecot-configuration.ts";
import { loginsOf } from "./mail-seed.ts";
import { putMaildirs } from "./maildir.ts";
import { argonLogins } from "./scenario.ts";
import { password, type ServerSetup, type ServerUnderTest, userOf } from "./server-under-test.ts";
import { makeCertificate } from "./tls-certificate.ts";

const program = "/usr/sbin/dovecot";

/** True where a Dovecot with POP3 and LMTP is installed and may be started: its master wants to be root. */
export const isDovecotHere = (): boolean =>
  existsSync(program) && existsSync("/usr/lib/dovecot/pop3") && process.getuid?.() === 0;

/** Starts one of its own, tuned. Passwords lie in the clear, but for the logins of the row of argon2id. */
export async function startDovecot({
  logins,
  keyKind,
  hasCheapPasswords = false,
}: ServerSetup): Promise<ServerUnderTest> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "poplar-bench-dovecot-"));
  stack.defer(async () => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  const mail = join(directory, "mail");
  await mkdir(mail);
  await chown(mail, nobody, nobody);
  const ports = { pop3: await freePort(), pop3s: await freePort(), lmtp: await freePort() };
  const certificate = makeCertificate(directory, keyKind);
  await writeFile(join(directory, "users"), usersText(logins, hasCheapPasswords), { mode: 0o644 });
  const configuration = dovecotConfiguration({ directory, mail, certificate, ports });
  await writeFile(join(directory, "dovecot.conf"), configuration);
  const dovecot = spawn(program, ["-F", "-c", join(directory, "dovecot.conf")], { stdio: "inherit" });
  stack.defer(async () => {
    dovecot.kill("SIGTERM");
    if (dovecot.exitCode === null && dovecot.signalCode === null) await once(dovecot, "exit");
  });
  await until("Dovecot listens", () => isListening(ports.lmtp));
  const owned = stack.move();
  return {
    name: "Dovecot, tuned",
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    lmtpPort: ports.lmtp,
    parts: new Map([["Dovecot", dovecot.pid ?? 0]]),
    poploadUsers: "user%06d",
    loginOf: (number) => ({ name: userOf(number), password }),
    recipientOf: userOf,
    putMail: async (what) => putMaildirs(mail, what, nobody),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function usersText(logins: number, hasCheapPasswords: boolean): string {
  const hashed = execFileSync("doveadm", ["pw", "-s", "ARGON2ID", "-p", password], { encoding: "utf8" });
  const isHashed = new Set(hasCheapPasswords ? [] : loginsOf(argonLogins));
  const lines = Array.from({ length: logins }, (_, index) => {
    const verifier = isHashed.has(index + 1) ? hashed.trim() : `{PLAIN}${password}`;
    return `${userOf(index + 1)}:${verifier}::::::\n`;
  });
  return lines.join("");
}

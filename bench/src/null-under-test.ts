import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@poplar/testkit";
import { collectGarbage } from "./collect-garbage.ts";
import type { Mail } from "./mail-seed.ts";
import type { NullSetup } from "./null-server.ts";
import { pin, serverCore } from "./process-tree.ts";
import { password, type ServerUnderTest, userOf } from "./server-under-test.ts";
import { type KeyKind, makeCertificate } from "./tls-certificate.ts";

/** A null server, all of whose maildrops hold this mail. */
export async function startNull(mail: Mail, keyKind: KeyKind): Promise<ServerUnderTest> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "poplar-bench-null-"));
  stack.defer(async () => rm(directory, { recursive: true, force: true }));
  const inspectPort = await freePort();
  const child = fork(join(import.meta.dirname, "null-server.ts"), {
    execArgv: [`--inspect-port=127.0.0.1:${inspectPort}`, "--inspect-publish-uid=http"],
    stdio: "inherit",
  });
  stack.defer(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const ports = { pop3Port: await freePort(), pop3sPort: await freePort() };
  const { messages, octets } = mail;
  const setup: NullSetup = { ...ports, ...makeCertificate(directory, keyKind), messages, octets };
  child.send(setup);
  await once(child, "message");
  if (child.pid !== undefined) pin(child.pid, serverCore);
  const owned = stack.move();
  return {
    name: "null server",
    ...ports,
    lmtpPort: 0,
    parts: new Map([["null", child.pid ?? 0]]),
    poploadUsers: "user%06d",
    loginOf: (number) => ({ name: userOf(number), password }),
    recipientOf: userOf,
    collectGarbage: async () => collectGarbage({ pid: child.pid ?? 0, inspectPort }),
    // It has it already, and never loses it.
    putMail: async () => {},
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedPostgresUrl } from "@poplar/storage";
import { freePort } from "@poplar/testkit";
import { startApp } from "./app-process.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { nameOf, namePattern, PoplarDatabase } from "./poplar-database.ts";
import { password, type ServerUnderTest } from "./server-under-test.ts";

/** `npm start`: one process with everything, on its embedded database, with leases in memory. */
export async function startEmbedded(logins: number): Promise<ServerUnderTest> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "poplar-bench-embedded-"));
  stack.defer(async () => rm(directory, { recursive: true, force: true }));
  const ports = { pop3: await freePort(), pop3s: await freePort(), lmtp: await freePort() };
  const settings = {
    POPLAR_DATA_DIR: directory,
    POPLAR_HOST: "127.0.0.1",
    POPLAR_HTTP_PORT: String(await freePort()),
    POPLAR_POP3_PORT: String(ports.pop3),
    POPLAR_POP3S_PORT: String(ports.pop3s),
    POPLAR_LMTP_PORT: String(ports.lmtp),
    POPLAR_NO_DEMO: "true",
    POPLAR_CONNECTIONS_PER_ADDRESS_MAX: "20000",
  };
  const standalone = await startApp("standalone", settings, { stack });
  const connection = await embeddedPostgresUrl(directory);
  if (connection === undefined) throw new Error("there is no embedded database");
  const database = new PoplarDatabase(connection);
  await database.addLogins(logins, false);
  const owned = stack.move();
  return {
    name: "Poplar, embedded",
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    lmtpPort: ports.lmtp,
    // Postgres is a child of it.
    parts: new Map([["standalone", standalone.pid]]),
    poploadUsers: namePattern,
    loginOf: (number) => ({ name: nameOf(number), password }),
    recipientOf: nameOf,
    collectGarbage: async () => collectGarbage(standalone),
    putMail: (mail) => database.putMail(mail),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

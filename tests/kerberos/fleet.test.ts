import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { isRegistryFault } from "@poplar/maildrop";
import { openStorage } from "@poplar/storage";
import { deafEvents, silentLog, withPostgres } from "@poplar/storage/testing";
import { AppProcess, freePort, until, withKdc } from "@poplar/testkit";
import { handshake, say } from "./kpop-client.ts";

interface Node {
  readonly port: number;
  readonly app: AppProcess;
}

test("recorded octets log in on no other node either, nor while it cannot be known", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const postgres = await withPostgres(t);
  const redis = await withRedis({ after: (callback) => t.after(callback) });
  const flags = [
    `--kerberos-keytab=${kdc.keytab}`,
    "--kerberos-rules=POPLAR.TEST=example.test",
    `--postgres-url=${postgres.url}`,
    `--redis-url=${redis.url}`,
    "--postgres-pool-max=4",
    "--lease-failure=fence-only",
  ];
  const [one, other] = [await startNode(t, "kpop-1", flags), await startNode(t, "kpop-2", flags)];
  await addLogin(t, postgres.url);
  const alice = await kdc.login(t, "alice@POPLAR.TEST");
  await alice.fetch("pop", "localhost");
  const record = async (): Promise<string> =>
    `${handshake(await alice.apReq("one-way"))}USER alice\r\nPASS x\r\nQUIT\r\n`;

  const recorded = await record();
  assert.match(await say(one.port, recorded), /maildrop open/);
  assert.doesNotMatch(await say(other.port, recorded), /\+OK/);
  await untilLogged(other, "replayed");
  assert.match(await say(other.port, await record()), /maildrop open/);

  await redis.kill();
  assert.doesNotMatch(await say(one.port, await record()), /\+OK/);
  await untilLogged(one, "replay-store-down");
});

async function untilLogged({ app }: Node, reason: string): Promise<void> {
  await until(`${reason} in the log of ${app.name}`, () => app.output.includes(`"reason":"${reason}"`));
}

/**
 * A front end that has nothing in common with others but Postgres, Redis and the keytab: as on a host of its
 * own.
 */
async function startNode(t: TestContext, name: string, flags: readonly string[]): Promise<Node> {
  const folder = await mkdtemp(join(tmpdir(), `poplar-${name}-`));
  t.after(async () => rm(folder, { recursive: true, force: true }));
  const [port, healthPort] = [await freePort(), await freePort()];
  const app = new AppProcess({
    name,
    script: resolve(import.meta.dirname, "../../apps/kpop/src/main.ts"),
    parameters: [`--kpop-port=${port}`, `--http-port=${healthPort}`, `--data-dir=${folder}`, ...flags],
    // Where libkrb5 keeps what it has seen.
    env: { KRB5RCACHEDIR: folder },
    readyUrl: `http://127.0.0.1:${healthPort}/health/ready`,
  });
  t.after(async () => app[Symbol.asyncDispose]());
  await app.start();
  return { port, app };
}

async function addLogin(t: TestContext, connection: string): Promise<void> {
  const storage = await openStorage({ connection, log: silentLog, events: deafEvents });
  t.after(async () => storage.close());
  const domain = await storage.registry.addDomain("example.test");
  assert.ok(!isRegistryFault(domain));
  const name = "alice@example.test";
  const login = await storage.registry.addLogin({ name, passwordVerifier: "", quotaOctets: undefined });
  assert.ok(!isRegistryFault(login));
}

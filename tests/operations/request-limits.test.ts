import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { apiFiles } from "@poplar/config";
import { withRedis } from "@poplar/lease/testing";
import { withPostgres } from "@poplar/storage/testing";
import { AppProcess, freePort } from "@poplar/testkit";

const script = resolve(import.meta.dirname, "../../apps/api/src/main.ts");

/** A process of the API, as there are several of in a fleet. */
interface Api {
  /** Asks as somebody whom a proxy lets through from this address. @returns the status, and Retry-After. */
  ask(address: string, token?: string): Promise<readonly [status: number, retryAfter: number]>;
  readonly output: () => string;
}

async function startApi(t: TestContext, flags: readonly string[]): Promise<Api & { token: string }> {
  const dataDir = join(tmpdir(), `poplar-limits-${crypto.randomUUID()}`);
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const parameters = [`--http-port=${port}`, `--data-dir=${dataDir}`, "--log-level=warn", ...flags];
  const running = new AppProcess({ name: "api", script, parameters, readyUrl: `${url}/health/live` });
  t.after(() => running.kill());
  await running.start();
  const ask: Api["ask"] = async (address, token) => {
    const headers = {
      "x-forwarded-for": address,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const answer = await fetch(`${url}/v1/domains`, { headers });
    await answer.arrayBuffer();
    return [answer.status, Number(answer.headers.get("retry-after"))];
  };
  const token = (await readFile(apiFiles(dataDir).token, "utf8")).trim();
  return { ask, output: () => running.output, token };
}

/** So many requests, shared out between the processes. */
async function askAll(
  apis: readonly Api[],
  { times, address, token }: { readonly times: number; readonly address: string; readonly token?: string },
): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let at = 0; at < times; at += 10) {
    const some = Array.from({ length: Math.min(10, times - at) }, async (_one, index) =>
      apis[index % apis.length]?.ask(address, token),
    );
    for (const answer of await Promise.all(some)) statuses.push(answer?.[0] ?? 0);
  }
  return statuses;
}

test("limits of requests hold over two processes, and in each of them when Redis is gone", async (t) => {
  const redis = await withRedis(t);
  const postgres = await withPostgres(t);
  const engines = [`--postgres-url=${postgres.url}`, `--redis-url=${redis.url}`];
  const one = await startApi(t, engines);
  const two = await startApi(t, engines);
  const apis = [one, two];

  // Of a minute's 60, either process has seen half.
  assert.deepEqual(new Set(await askAll(apis, { times: 60, address: "192.0.2.1" })), new Set([401]));
  for (const api of apis) {
    const [status, retryAfter] = await api.ask("192.0.2.1");
    assert.equal(status, 429);
    assert.ok(retryAfter >= 1 && retryAfter <= 60, String(retryAfter));
    assert.equal((await api.ask("192.0.2.2"))[0], 401);
  }

  await redis.kill();
  // Nothing fails: each process counts what it sees itself, a minute's 60.
  assert.deepEqual(new Set(await askAll(apis, { times: 120, address: "192.0.2.3" })), new Set([401]));
  for (const api of apis) {
    assert.equal((await api.ask("192.0.2.3"))[0], 429);
    assert.equal((await api.ask("192.0.2.4", api.token))[0], 200);
    assert.match(api.output(), /"event":"requests-not-counted"/);
  }

  await redis.start();
  const [status] = await one.ask("192.0.2.5");
  assert.equal(status, 401);
});

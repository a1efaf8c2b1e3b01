import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { apiFiles } from "@poplar/config";
import { withRedis } from "@poplar/lease/testing";
import { withPostgres } from "@poplar/storage/testing";
import { until } from "@poplar/testkit";
import { portFlags, Standalone, somePorts, standaloneScript } from "../fixtures/standalone.ts";

test("several workers have one API, which the command line finds; SIGTERM ends them all", async (t) => {
  const [postgres, redis] = [await withPostgres(t), await withRedis(t)];
  const flags = ["--workers=2", `--postgres-url=${postgres.url}`, `--redis-url=${redis.url}`];
  await using server = await Standalone.start({ flags });
  const urlFile = apiFiles(server.dataDir).url;
  await until("the URL file", () => existsSync(urlFile));
  assert.equal(readFileSync(urlFile, "utf8"), `http://127.0.0.1:${server.ports.http}\n`);
  const name = await server.addLogin("alice");
  const found = await server.call("GET", "/logins?limit=10");
  assert.match(JSON.stringify(found), new RegExp(name));
  await assert.rejects(server.call("GET", "/nothing"), /404/);
  assert.equal(await server.process.stop(), 0);
  assert.equal(existsSync(urlFile), false);
});

test("workers that cannot listen are one sentence and one exit code, as a single process is", async (t) => {
  const [postgres, redis] = [await withPostgres(t), await withRedis(t)];
  const ports = await somePorts();
  const other = createServer().listen(ports.pop3, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const engines = [`--postgres-url=${postgres.url}`, `--redis-url=${redis.url}`];
  const flags = ["--workers=2", "--no-demo", "--log-level=silent", ...portFlags(ports), ...engines];
  const words = ["--conditions=@poplar/source", standaloneScript, ...flags];
  const { code, errors } = await new Promise<{ code: unknown; errors: string }>((settle) => {
    execFile(process.execPath, words, (err, _out, text) => settle({ code: err?.code, errors: text }));
  });
  assert.equal(code, 1);
  assert.match(
    errors,
    /^poplar standalone: pop3 cannot listen on 127\.0\.0\.1:\d+: the port is in use; [^\n]*\n$/,
  );
});

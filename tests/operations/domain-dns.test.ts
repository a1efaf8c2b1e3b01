import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { type Outcome, runProgram } from "../fixtures/run-program.ts";

const launcher = resolve(import.meta.dirname, "../../apps/cli/bin/poplar.mjs");

const domainDns = (...parameters: string[]): Promise<Outcome> =>
  runProgram(process.execPath, [launcher, "domain", "dns", ...parameters]);

test("poplar domain dns prints lines of a zone, and needs no server", async () => {
  const { exitCode, stdout } = await domainDns("example.test", "--mx-host", "mx.example.test");
  assert.equal(exitCode, 0);
  const lines = stdout.toString().trimEnd().split("\n");
  assert.ok(lines.includes("_pop3s._tcp.example.test. 3600 IN SRV 0 1 995 pop.example.test."));
  assert.ok(lines.includes("example.test. 3600 IN MX 10 mx.example.test."));
  assert.ok(lines.every((line) => /^; |^\S+\.example\.test\. |^example\.test\. /.test(line)));
});

test("poplar domain dns --json is the same for scripts", async () => {
  const { stdout } = await domainDns("example.test", "--json");
  assert.partialDeepStrictEqual(JSON.parse(stdout.toString()), [
    { name: "_pop3s._tcp.example.test.", type: "SRV", value: "0 1 995 pop.example.test." },
  ]);
});

test("poplar domain dns refuses what is no domain", async () => {
  const { exitCode, stderr } = await domainDns("no domain");
  assert.equal(exitCode, 2);
  assert.match(stderr, /no domain must be a domain of letters/);
});

import { ok, strictEqual } from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { runProgram } from "../fixtures/run-program.ts";
import { Standalone } from "../fixtures/standalone.ts";
import { programOf, SystemPostgres } from "../fixtures/system-postgres.ts";
import { blocksOf, runDocuments, runKind } from "./example-blocks.ts";

const root = resolve(import.meta.dirname, "../..");

let postgres: SystemPostgres;
let server: Standalone;
before(async () => {
  postgres = await SystemPostgres.start();
  await postgres.tool("createdb", ["poplar"]);
  // As `npm start` runs it: what the demo makes is there already.
  server = await Standalone.start({ hasDemo: true, flags: [`--postgres-url=${postgres.url("poplar")}`] });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

/** A folder as the reader stands in: `npx poplar` is there, and what the repository ships. */
function checkout(t: TestContext): { readonly folder: string; readonly env: Record<string, string> } {
  const folder = temporaryFolder(t);
  symlinkSync(join(root, "infra"), join(folder, "infra"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const poplar = `exec '${process.execPath}' '${join(root, "apps/cli/bin/poplar.mjs")}' "$@"`;
  const scripts = { npx: `[ "$1" = poplar ] || exit 99\nshift\n${poplar}`, poplar };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const tools = dirname(programOf("pg_dump"));
  const env = {
    PATH: [bin, tools, "/usr/sbin", process.env["PATH"]].join(delimiter),
    PGHOST: "127.0.0.1",
    PGPORT: String(postgres.port),
    PGUSER: "postgres",
    POPLAR_DATA_DIR: server.dataDir,
    NO_COLOR: "1",
  };
  return { folder, env };
}

/** The ports of the text are those of `npm start`. */
function withPorts(example: string): string {
  const { pop3, pop3s, lmtp, http } = server.ports;
  const ports = { 1110: pop3, 1995: pop3s, 2424: lmtp, 8110: http };
  return example.replaceAll(/(?<=127\.0\.0\.1:)(1110|1995|2424|8110)\b/g, (port) =>
    String(Object.entries(ports).find(([usual]) => usual === port)?.[1]),
  );
}

for (const path of runDocuments) {
  test(`the examples of ${path} do what they say`, async (t) => {
    const { folder, env } = checkout(t);
    const examples = blocksOf(path).flatMap(({ kind, text }) => (kind === runKind ? [text] : []));
    ok(examples.length > 0);
    for (const example of examples) {
      const script = `cd '${folder}'\n${withPorts(example)}`;
      const { exitCode, stdout, stderr } = await runProgram("sh", ["-eu", "-c", script], { env });
      strictEqual(exitCode, 0, `${example}\n${stdout.toString()}\n${stderr}`);
    }
  });
}

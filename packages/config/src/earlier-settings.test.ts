import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { readConfig } from "./read-config.ts";

const read = (...argv: string[]): Config => readConfig({ app: "standalone", argv, env: {} });

function problemsOf(...argv: string[]): string {
  try {
    read(...argv);
  } catch (err) {
    if (err instanceof ConfigError) return err.message;
    throw err;
  }
  return "";
}

function fileOf(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "poplar-earlier-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "poplar.yaml"), text);
  return `--config=${join(folder, "poplar.yaml")}`;
}

test("what is older than RFC 1939 is off until somebody wants it", () => {
  const { pop2Port, pop1Port, lastCommand, rpopNetworks, bulletins } = read();
  deepStrictEqual([pop2Port, pop1Port, lastCommand, rpopNetworks, bulletins], [0, 0, false, [], []]);
});

test("hosts are trusted by network, and the world is none (RFC 1081)", () => {
  deepStrictEqual(read("--rpop-networks=192.0.2.0/24,2001:db8::/32").rpopNetworks, [
    "192.0.2.0/24",
    "2001:db8::/32",
  ]);
  for (const network of ["0.0.0.0/0", "::/0", "10.0.0.0/7"]) {
    match(problemsOf(`--rpop-networks=192.0.2.0/24,${network}`), /without a password/);
  }
  strictEqual(problemsOf("--rpop-networks=10.0.0.0/8"), "");
});

test("boards have one word for a name, each its own, and the logins of their maildrops (RFC 1082)", (t) => {
  const boards = `bulletins:
  - { name: news, login: News@example.test, archive: old@example.test }
  - { name: system, login: system@example.test, readers: everybody }
`;
  deepStrictEqual(read(fileOf(t, boards)).bulletins, [
    { name: "news", login: "news@example.test", archive: "old@example.test" },
    { name: "system", login: "system@example.test", readers: "everybody" },
  ]);
  for (const wrong of [
    "[{ name: News, login: a@b.test }]",
    "[{ name: two words, login: a@b.test }]",
    "[{ name: news }]",
    "[{ name: news, login: a@b.test, readers: nobody }]",
    "[{ name: a, login: a@b.test }, { name: a, login: c@d.test }]",
  ]) {
    match(problemsOf(fileOf(t, `bulletins: ${wrong}\n`)), /bulletins/, wrong);
  }
});

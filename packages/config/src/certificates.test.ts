import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readConfig } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "poplar-config-tls-"));
after(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);

before(() => {
  for (const name of ["one", "two"]) {
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=x",
      ].concat(["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)]),
      { stdio: "ignore" },
    );
  }
});

const read = (...argv: string[]): unknown => readConfig({ app: "standalone", argv, env: {} });

test("a certificate with its own key is taken", () => {
  read("--tls-cert", path("one.pem"), "--tls-key", path("one.key"));
});

test("a key of another certificate is refused", () => {
  assert.throws(() => read("--tls-cert", path("one.pem"), "--tls-key", path("two.key")), /is not that of/);
});

test("a certificate without a key is refused, and so is a key alone", () => {
  assert.throws(() => read("--tls-cert", path("one.pem")), /--tls-cert: .* Set --tls-key/);
  assert.throws(() => read("--tls-key", path("one.key")), /--tls-key: .* Set --tls-cert/);
});

test("a file that holds no certificate is refused", () => {
  assert.throws(
    () => read("--tls-cert", path("one.key"), "--tls-key", path("one.key")),
    /holds no certificate/,
  );
});

test("further certificates of the config file are checked like the first", () => {
  const config = path("poplar.yaml");
  const entry = (key: string): string =>
    `certificates:\n  - { cert: ${path("two.pem")}, key: ${path(key)} }\n`;
  writeFileSync(config, entry("two.key"));
  read("--config", config);
  writeFileSync(config, entry("one.key"));
  assert.throws(() => read("--config", config), /poplar\.yaml:1 certificates: .*is not that of/);
});

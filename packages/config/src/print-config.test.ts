import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { answerFlags, configReference, describeConfig, helpText, printConfig, readConfig } from "./index.ts";
import { flagOf, keyOf, variableOf } from "./setting-words.ts";
import { aboutSetting, settingNames } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "poplar-config-print-"));
after(() => rmSync(folder, { recursive: true }));

test("what is printed says where each value comes from", () => {
  const config = readConfig({
    app: "standalone",
    argv: ["--pop3-port", "2110"],
    env: { POPLAR_LOG_LEVEL: "warn" },
  });
  const text = printConfig(config);
  assert.match(text, /^pop3-port: 2110 {2}# --pop3-port$/m);
  assert.match(text, /^log-level: warn {2}# POPLAR_LOG_LEVEL$/m);
  assert.match(text, /^lmtp-port: 2424 {2}# default$/m);
});

test("what is printed is a config file that means the same", () => {
  const path = join(folder, "printed.yaml");
  fc.assert(
    fc.property(
      fc.record({ drain: fc.nat(1000), dir: fc.stringMatching(/^[ -~]*[!-~]$/), plain: fc.boolean() }),
      ({ drain, dir, plain }) => {
        const argv = [`--drain-seconds=${drain}`, `--data-dir=${dir}`, `--allow-plaintext-login=${plain}`];
        const first = readConfig({ app: "standalone", argv, env: {} });
        writeFileSync(path, printConfig(first));
        const second = readConfig({ app: "standalone", argv: ["--config", path], env: {} });
        const values = (config: typeof first) => describeConfig(config).map(({ key, value }) => [key, value]);
        assert.deepEqual(values(second), values(first));
      },
    ),
    { numRuns: 100 },
  );
});

test("no printout holds a secret", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9]{10,20}$/), (secret) => {
      const server = readConfig({
        app: "standalone",
        argv: [],
        env: {
          POPLAR_POSTGRES_URL: `postgres://poplar:${secret}@db/poplar?password=${secret}#${secret}`,
          POPLAR_REDIS_URL: `redis://:${secret}@cache`,
        },
      });
      const client = readConfig({ app: "cli", argv: [], env: { POPLAR_API_TOKEN: secret } });
      for (const config of [server, client]) {
        assert.ok(!printConfig(config).includes(secret));
        assert.ok(!JSON.stringify(describeConfig(config)).includes(secret));
      }
      assert.match(printConfig(server), /postgres:\/\/poplar:\*\*\*@db\/poplar/);
    }),
    { numRuns: 30 },
  );
});

test("a password in a URL that is no secret otherwise is not printed either", () => {
  const path = join(folder, "issuers.yaml");
  writeFileSync(
    path,
    `oauth-issuers:
  - issuer: https://id.example.test
    audience: [poplar]
    jwks: https://poplar:hidden@id.example.test/keys
`,
  );
  const config = readConfig({
    app: "standalone",
    argv: ["--config", path, "--tracing-endpoint=https://poplar:hidden@traces.example.test/v1/traces"],
    env: {},
  });
  for (const text of [printConfig(config), JSON.stringify(describeConfig(config))]) {
    assert.doesNotMatch(text, /hidden/);
    assert.match(text, /https:\/\/poplar:\*\*\*@traces\.example\.test\/v1\/traces/);
    assert.match(text, /https:\/\/poplar:\*\*\*@id\.example\.test\/keys/);
  }
});

test("the help of standalone lists every flag that standalone uses", () => {
  const text = helpText("standalone");
  for (const name of settingNames) {
    const about = aboutSetting(name);
    if (about.isFileOnly || !about.apps.includes("standalone")) continue;
    assert.match(text, new RegExp(`^  ${flagOf(name)}( |$)`, "m"));
  }
  assert.ok(text.split("\n").every((line) => line.length <= 110));
});

test("--help and --version are answered even when the rest is wrong", () => {
  const ask = (...argv: string[]): string | undefined =>
    answerFlags({ app: "standalone", argv, version: "1.2.3" });
  assert.equal(ask("--version"), "poplar 1.2.3\n");
  assert.equal(ask("--nonsense", "-h"), helpText("standalone"));
  assert.equal(ask("--pop3-port", "1"), undefined);
});

test("the reference has a row for each setting", () => {
  const reference = configReference();
  for (const name of settingNames) {
    assert.match(reference, new RegExp(`^\\| \`${keyOf(name)}\` \\|`, "m"));
    if (!aboutSetting(name).isFileOnly) assert.ok(reference.includes(variableOf(name)));
  }
  assert.doesNotMatch(reference, /undefined/);
});

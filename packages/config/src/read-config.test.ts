import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { appNames, type Config, ConfigError, type ConfigRequest, readConfig } from "./index.ts";
import { flagOf, keyOf, variableOf } from "./setting-words.ts";
import { settingNames } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "poplar-config-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string): string {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  writeFileSync(path, content);
  return path;
}

const read = (request: Partial<ConfigRequest>): Config =>
  readConfig({ app: "standalone", argv: [], env: {}, ...request });

function problemsOf(request: Partial<ConfigRequest>): ConfigError {
  try {
    read(request);
  } catch (err) {
    assert.ok(err instanceof ConfigError, String(err));
    return err;
  }
  throw new assert.AssertionError({ message: "The configuration was taken." });
}

test("without anything, standalone listens on loopback, on ports that need no root", () => {
  const config = read({});
  assert.equal(config.host, "127.0.0.1");
  const { pop3Port, pop3sPort, kpopPort, lmtpPort, httpPort } = config;
  assert.deepEqual([pop3Port, pop3sPort, kpopPort, lmtpPort, httpPort], [1110, 1995, 1109, 2424, 8110]);
  assert.equal(config.postgresUrl, undefined);
  assert.equal(config.allowPlaintextLogin, false);
  assert.deepEqual(config.plaintextLoginNetworks, ["127.0.0.0/8", "::1/128"]);
});

test("the separate apps have the standard ports and exempt nobody from TLS", () => {
  const env = {
    POPLAR_POSTGRES_URL: "postgres://db/poplar",
    POPLAR_REDIS_URL: "redis://cache",
    POPLAR_KERBEROS_KEYTAB: file(""),
  };
  const ports = (["pop3", "pop3s", "kpop", "lmtp", "api"] as const).map((app) => read({ app, env }));
  assert.deepEqual(
    [ports[0]?.pop3Port, ports[1]?.pop3sPort, ports[2]?.kpopPort, ports[3]?.lmtpPort, ports[4]?.httpPort],
    [110, 995, 1109, 24, 8110],
  );
  assert.deepEqual(ports[0]?.plaintextLoginNetworks, []);
});

test("the separate apps say that they need Postgres and Redis", () => {
  for (const app of ["pop3", "pop3s", "kpop", "lmtp", "api"] as const) {
    const { message } = problemsOf({ app });
    assert.match(message, /POPLAR_POSTGRES_URL: .*none is given/);
    assert.match(message, /POPLAR_REDIS_URL: .*none is given/);
  }
});

test("flags come before variables, variables before the file, the file before the default", () => {
  const flag = fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined });
  fc.assert(
    fc.property(flag, flag, flag, (byFlag, byVariable, byFile) => {
      const config = file(byFile === undefined ? "" : `drain-seconds: ${byFile}\n`);
      const { drainSeconds, sources } = read({
        argv: ["--config", config, ...(byFlag === undefined ? [] : [`--drain-seconds=${byFlag}`])],
        env: byVariable === undefined ? {} : { POPLAR_DRAIN_SECONDS: String(byVariable) },
      });
      assert.equal(drainSeconds, byFlag ?? byVariable ?? byFile ?? 10);
      const source =
        byFlag !== undefined
          ? "--drain-seconds"
          : byVariable !== undefined
            ? "POPLAR_DRAIN_SECONDS"
            : byFile !== undefined
              ? `${config}:1 drain-seconds`
              : "default";
      assert.equal(sources.drainSeconds, source);
    }),
    { numRuns: 50 },
  );
});

test("POPLAR_CONFIG names the file, --config another one", () => {
  const [one, two] = [file("pop3-port: 1\n"), file("pop3-port: 2\n")];
  assert.equal(read({ env: { POPLAR_CONFIG: one } }).pop3Port, 1);
  assert.equal(read({ env: { POPLAR_CONFIG: one }, argv: ["--config", two] }).pop3Port, 2);
});

test("an empty variable and a key without a value count as absent", () => {
  const config = read({ env: { POPLAR_POP3_PORT: "", POPLAR_CONFIG: file("lmtp-port:\n") } });
  assert.deepEqual([config.pop3Port, config.lmtpPort], [1110, 2424]);
});

test("the result cannot be changed", () => {
  const config = read({});
  assert.ok(Object.isFrozen(config));
  assert.ok(Object.isFrozen(config.plaintextLoginNetworks));
  assert.ok(Object.isFrozen(config.certificates));
});

test("whatever the environment and the flags hold, the answer is a configuration or a ConfigError", () => {
  const words = settingNames.flatMap((name) => [variableOf(name), `${variableOf(name)}_FILE`]);
  const variable = fc.oneof(
    fc.constantFrom(...words, "POPLAR_CONFIG", "POPLAR___proto__"),
    fc.string().map((text) => `POPLAR_${text}`),
  );
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.nat().map(String), fc.constantFrom("/", "auto"));
  const flag = fc.oneof(
    fc.constantFrom(...settingNames.map(flagOf), "--config", "--", "-h", "-", "--=", "--__proto__"),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...appNames),
      fc.dictionary(variable, value),
      fc.array(fc.oneof(flag, value)),
      (app, env, argv) => {
        try {
          assert.equal(readConfig({ app, env, argv }).app, app);
        } catch (err) {
          assert.ok(err instanceof ConfigError, String(err));
          assert.ok(err.problems.length > 0);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("whatever the config file holds, the answer is a configuration or a ConfigError", () => {
  const line = fc
    .tuple(fc.constantFrom(...settingNames.map(keyOf), "x"), fc.oneof(fc.json(), fc.string()))
    .map(([key, value]) => `${key}: ${value}`);
  const path = file("");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(line).map((lines) => lines.join("\n")),
      ),
      (text) => {
        writeFileSync(path, text);
        try {
          read({ argv: ["--config", path] });
        } catch (err) {
          assert.ok(err instanceof ConfigError, String(err));
        }
      },
    ),
    { numRuns: 300 },
  );
  writeFileSync(path, "host: *nobody\nhostname: &a [*a, *a]\n");
  assert.throws(() => read({ argv: ["--config", path] }), ConfigError);
});

test("every problem is listed at once, whatever else is wrong", () => {
  const wrong: Readonly<Record<string, string>> = {
    POPLAR_POP3_PORT: "65536",
    POPLAR_AUTOLOGOUT_SECONDS: "599",
    POPLAR_POSTGRES_URL: "mysql://db",
    POPLAR_PLAINTEXT_LOGIN_NETWORKS: "10.0.0.0/33",
    POPLAR_LOG_LEVEL: "loud",
    POPLAR_HOST: "not a host",
    POPLAR_TLS_CERT: "/nowhere.pem",
    POPLAR_REDIS_URL_FILE: "/nowhere",
    POPLAR_NONSENSE: "1",
  };
  fc.assert(
    fc.property(fc.subarray(Object.keys(wrong), { minLength: 1 }), (names) => {
      const env = Object.fromEntries(names.map((name) => [name, wrong[name]]));
      const { problems, message } = problemsOf({ env });
      assert.deepEqual(problems.map(({ where }) => where).toSorted(), names.toSorted());
      for (const name of names) assert.match(message, new RegExp(`${name}: .+\\. .+[.?]`));
    }),
  );
});

test("a typo is refused with the name that was probably meant", () => {
  assert.match(problemsOf({ env: { POPLAR_POP_PORT: "1" } }).message, /Did you mean POPLAR_POP3_PORT\?/);
  assert.match(problemsOf({ argv: ["--redis-ulr=x"] }).message, /Did you mean --redis-url\?/);
  const path = file("host: ::1\nlog-levl: info\n");
  assert.match(
    problemsOf({ argv: ["--config", path] }).message,
    /\.yaml:2 log-levl: There is no such key\. Did you mean log-level\?/,
  );
});

test("an unknown flag with a value is one problem, a value without a flag another", () => {
  assert.deepEqual(
    problemsOf({ argv: ["--pop3-prt", "1110", "stray"] }).problems.map(({ where }) => where),
    ["argument 3", "--pop3-prt"],
  );
});

test("a broken config file is refused with its line", () => {
  assert.match(
    problemsOf({ argv: ["--config", file("a: [1\nb: }\n")] }).message,
    /\.yaml:2: This is not YAML/,
  );
  assert.match(problemsOf({ argv: ["--config", file("- a\n")] }).message, /is not a map/);
  assert.match(problemsOf({ argv: ["--config", join(folder, "none")] }).message, /does not exist/);
  assert.match(problemsOf({ argv: ["--config", folder] }).message, /is a folder/);
});

test("a secret is read from the first line of its file", () => {
  const path = file("postgres://poplar:s@db/poplar\n");
  assert.equal(
    read({ env: { POPLAR_POSTGRES_URL_FILE: path } }).postgresUrl,
    "postgres://poplar:s@db/poplar",
  );
  const both = { POPLAR_POSTGRES_URL_FILE: path, POPLAR_POSTGRES_URL: "postgres://db" };
  assert.match(problemsOf({ env: both }).message, /given twice/);
  assert.match(problemsOf({ env: { POPLAR_POSTGRES_URL_FILE: file("\n") } }).message, /is empty/);
});

test("no problem repeats a secret", () => {
  const secret = fc.stringMatching(/^[a-z]{12}$/);
  fc.assert(
    fc.property(secret, (word) => {
      const path = file(`postgres-url: postgres://poplar:${word}@db:x/poplar\nbad: [${word}\n`);
      for (const request of [
        { env: { POPLAR_POSTGRES_URL: `postgres://poplar:${word}@db:x/poplar`, POPLAR_PASSWORD: word } },
        { env: { POPLAR_REDIS_URL: word } },
        { env: { POPLAR_REDIS_URL_FILE: file(word) } },
        { argv: ["--postgres-ulr", `postgres://poplar:${word}@db/poplar`] },
        { argv: ["--config", path] },
      ]) {
        assert.ok(!problemsOf(request).message.includes(word));
      }
    }),
    { numRuns: 20 },
  );
});

test("several workers need an external Postgres and Redis", () => {
  assert.match(problemsOf({ argv: ["--workers", "2"] }).message, /--workers: 2 processes need an external/);
  const argv = ["--workers", "auto", "--postgres-url", "postgres://db", "--redis-url", "rediss://cache"];
  assert.ok(read({ argv }).workers >= 1);
});

test("two listeners cannot share a port, and at least one must be on", () => {
  assert.match(
    problemsOf({ argv: ["--pop3-port", "2424"] }).message,
    /Port 2424 is also that of --pop3-port/,
  );
  const off = ["--pop3-port=0", "--pop3s-port=0", "--lmtp-port=0"];
  assert.equal(read({ argv: [...off, "--lmtp-socket", "/tmp/l"] }).pop3Port, 0);
  assert.match(problemsOf({ argv: off }).message, /Every listener is switched off/);
});

test("a setting of another app is known and left alone", () => {
  const env = { POPLAR_LMTP_PORT: "x", POPLAR_POSTGRES_URL: "postgres://db", POPLAR_REDIS_URL: "redis://c" };
  assert.equal(read({ app: "pop3", env }).pop3Port, 110);
});

test("KPOP wants a keytab; standalone opens its port with one only, and so may share its number without", () => {
  const env = { POPLAR_POSTGRES_URL: "postgres://db/poplar", POPLAR_REDIS_URL: "redis://cache" };
  assert.match(problemsOf({ app: "kpop", env }).message, /POPLAR_KERBEROS_KEYTAB: .*no keytab is given/);
  assert.match(problemsOf({ argv: ["--kerberos-keytab", "nowhere"] }).message, /nowhere does not exist/);
  const argv = ["--pop3-port", "1109"];
  assert.equal(read({ argv }).pop3Port, 1109);
  assert.match(problemsOf({ argv: [...argv, "--kerberos-keytab", file("")] }).message, /Port 1109 is also/);
});

test("rules for realms, layers and networks of balancers are lists", () => {
  const config = read({
    env: {
      POPLAR_KERBEROS_RULES: "EXAMPLE.TEST=example.test, AD.TEST=example.test/i",
      POPLAR_KERBEROS_LAYERS: "none,confidentiality",
      POPLAR_PROXY_NETWORKS: "10.0.0.0/8,fd00::/8",
    },
  });
  assert.deepEqual(config.kerberosRules, ["EXAMPLE.TEST=example.test", "AD.TEST=example.test/i"]);
  assert.deepEqual(config.kerberosLayers, ["none", "confidentiality"]);
  assert.deepEqual(config.proxyNetworks, ["10.0.0.0/8", "fd00::/8"]);
  assert.match(problemsOf({ argv: ["--kerberos-rules", "EXAMPLE.TEST="] }).message, /Give rules such as/);
  assert.match(problemsOf({ argv: ["--kerberos-layers", ""] }).message, /one or more of none,/);
});

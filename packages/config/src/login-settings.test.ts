import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { printConfig } from "./print-config.ts";
import { readConfig } from "./read-config.ts";

function fileOf(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "poplar-logins-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "poplar.yaml"), text);
  return join(folder, "poplar.yaml");
}

const read = (...argv: string[]): Config => readConfig({ app: "standalone", argv, env: {} });
const problemsOf = (...argv: string[]): string => {
  try {
    read(...argv);
  } catch (err) {
    if (err instanceof ConfigError) return err.message;
    throw err;
  }
  return "";
};

test("ways to log in are a list, and none is misspelled unnoticed", () => {
  strictEqual(read().mechanisms, undefined);
  deepStrictEqual(read("--mechanisms=APOP,SCRAM-SHA-256").mechanisms, ["APOP", "SCRAM-SHA-256"]);
  match(problemsOf("--mechanisms=CRAM-MD6"), /--mechanisms/);
  throws(() => read("--mechanisms="), ConfigError);
});

test("names are completed and split as the operator says", () => {
  const config = read("--default-domain=demon.test", "--name-separators=+%", "--sdps");
  deepStrictEqual([config.defaultDomain, config.nameSeparators, config.sdps], ["demon.test", "+%", true]);
  match(problemsOf("--name-separators=a"), /--name-separators/);
});

test("what has parts stands in the config file, and is printed as it is read", (t) => {
  const file = fileOf(
    t,
    `oauth-issuers:
  - { issuer: "https://id.test", audience: [poplar], jwks: "https://id.test/jwks", claim: email, scope: pop }
default-domains:
  - { domain: a.test, listener: pop3s, sni: pop.a.test, address: 192.0.2.1 }
mechanism-rules:
  - { networks: [10.0.0.0/8], tls: false, mechanisms: [SCRAM-SHA-256] }
`,
  );
  const config = read(`--config=${file}`);
  strictEqual(config.oauthIssuers[0]?.jwks, "https://id.test/jwks");
  strictEqual(config.mechanismRules[0]?.tls, false);
  const again = read(`--config=${fileOf(t, printConfig(config))}`);
  const { oauthIssuers, defaultDomains, mechanismRules } = again;
  const { oauthIssuers: issuers, defaultDomains: domains, mechanismRules: rules } = config;
  deepStrictEqual(
    { oauthIssuers, defaultDomains, mechanismRules },
    {
      oauthIssuers: issuers,
      defaultDomains: domains,
      mechanismRules: rules,
    },
  );
});

test("an issuer whose tokens nobody can check is refused", (t) => {
  const file = fileOf(t, `oauth-issuers: [{ issuer: "https://id.test", audience: [poplar] }]\n`);
  match(problemsOf(`--config=${file}`), /oauth-issuers/);
});

test("authorities for client certificates are read before the server starts", (t) => {
  const file = fileOf(t, "no certificate");
  match(problemsOf(`--client-authorities=${file}`), /holds no certificate/);
  match(problemsOf("--client-authorities=/nowhere/ca.pem"), /\/nowhere\/ca\.pem/);
});

test("the key of a policy service is not printed", () => {
  const printed = printConfig(read("--policy-service-url=http://wforce:hush@127.0.0.1:8084/"));
  match(printed, /policy-service-url: http:\/\/wforce:\*\*\*@127\.0\.0\.1:8084\//);
});

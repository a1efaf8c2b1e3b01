import { match, strictEqual } from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { AppProcess, freePorts } from "@poplar/testkit";
import { generate } from "selfsigned";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { deliverOverLmtp } from "../fixtures/lmtp-client.ts";
import { runWell } from "../fixtures/run-program.ts";
import { SystemPostgres } from "../fixtures/system-postgres.ts";

const root = resolve(import.meta.dirname, "../..");
const installPage = readFileSync(join(root, "docs/install.md"), "utf8");

let postgres: SystemPostgres;
before(async () => {
  postgres = await SystemPostgres.start();
  await postgres.tool("createdb", ["poplar"]);
});
after(() => postgres?.[Symbol.asyncDispose]());

/** The settings that the page gives the process with the API, as flags. */
function flagsOfApi(): string[] {
  const block = /`\/etc\/poplar\/api\.env` \([^\n]*\):\n\n```\n([^`]*)```/.exec(installPage)?.[1] ?? "";
  return block
    .trim()
    .split("\n")
    .map((line) => line.replace(/^POPLAR_/, "").split("="))
    .map(([name = "", value = ""]) => `--${name.toLowerCase().replaceAll("_", "-")}=${value}`);
}

test("the production of docs/install.md: pop3, pop3s, lmtp and api, from one config file", async (t) => {
  const redis = await withRedis({ after: (done) => t.after(done) });
  const folder = temporaryFolder(t);
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }]);
  mkdirSync(join(folder, "tls"));
  writeFileSync(join(folder, "tls/tls.crt"), cert);
  writeFileSync(join(folder, "tls/tls.key"), key);
  writeFileSync(join(folder, "postgres-url"), postgres.url("poplar"));
  writeFileSync(join(folder, "redis-url"), redis.url);
  const config = join(folder, "poplar.yaml");
  const example = readFileSync(join(root, "infra/systemd/poplar.yaml.example"), "utf8");
  writeFileSync(config, example.replaceAll("/etc/poplar", folder).replace("0.0.0.0", "127.0.0.1"));

  const [, check = ""] = /^npx poplar (config check .*)$/m.exec(installPage) ?? [];
  const words = check.replaceAll("/etc/poplar", folder).split(" ");
  await runWell(process.execPath, [join(root, "apps/cli/bin/poplar.mjs"), ...words]);

  const start = async (app: string, flags: readonly string[]): Promise<void> => {
    const [http = 0] = await freePorts(1);
    const process = new AppProcess({
      name: app,
      script: join(root, `apps/${app}/src/main.ts`),
      parameters: [`--config=${config}`, `--data-dir=${join(folder, app)}`, ...flags, `--http-port=${http}`],
      readyUrl: `http://127.0.0.1:${http}/health/ready`,
    });
    t.after(() => process.kill());
    await process.start();
  };
  const [pop3 = 0, pop3s = 0, lmtp = 0] = await freePorts(3);
  await Promise.all([
    start("api", flagsOfApi()),
    start("pop3", [`--pop3-port=${pop3}`]),
    start("pop3s", [`--pop3s-port=${pop3s}`]),
    start("lmtp", [`--lmtp-port=${lmtp}`]),
  ]);

  const poplar = (parameters: readonly string[], input = ""): Promise<unknown> =>
    runWell(
      process.execPath,
      [join(root, "apps/cli/bin/poplar.mjs"), "--data-dir", join(folder, "api"), ...parameters],
      { input },
    );
  await poplar(["domain", "add", "example.test"]);
  await poplar(["login", "add", "alice@example.test", "--password-stdin"], "correct horse\n");
  await deliverOverLmtp(lmtp, {
    recipients: ["alice@example.test"],
    octets: Buffer.from("Subject: hello\r\n\r\nIt works.\r\n"),
  });
  const tls = [
    "--silent",
    "--show-error",
    "--ssl-reqd",
    "--insecure",
    "--user",
    "alice@example.test:correct horse",
  ];
  for (const url of [`pop3://127.0.0.1:${pop3}/1`, `pop3s://127.0.0.1:${pop3s}/1`]) {
    match((await runWell("curl", [...tls, url])).stdout.toString(), /It works\./);
  }
  strictEqual((await postgres.query("poplar", "select count(*) from message")).join(), "1");
});

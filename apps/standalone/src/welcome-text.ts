import type { Config } from "@poplar/config";
import type { Demo } from "./demo.ts";

/** What somebody who has just started the server wants to know, with the word `ready` in it. */
export function welcomeText(config: Config, demo: Demo | undefined): string {
  const { host } = config;
  const listening = [
    ["POP3", "STLS", config.pop3Port],
    ["POP3S", "TLS", config.pop3sPort],
    ["KPOP", "Kerberos", config.kerberosKeytab === undefined ? 0 : config.kpopPort],
    ["LMTP", "", config.lmtpPort],
    ["HTTP", "health, metrics, API", config.httpPort],
  ] as const;
  const lines = [
    "",
    "Poplar is ready.",
    "",
    ...listening
      .filter(([, , port]) => port !== 0)
      .map(([name, remark, port]) =>
        `  ${name.padEnd(6)} ${`${host}:${port}`.padEnd(18)} ${remark}`.trimEnd(),
      ),
    "",
    `  Data   ${config.postgresUrl === undefined ? `embedded Postgres in ${config.dataDir}` : "Postgres as configured"}`,
    ...(demo === undefined ? [] : ["", ...demoLines(config, demo)]),
    "",
    "  More logins: npx poplar domain add example.org",
    "               npx poplar login add you@example.org",
    "  Ctrl-C lets sessions end, and stops.",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function demoLines({ host, pop3Port, pop3sPort }: Config, { login, password }: Demo): readonly string[] {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const fetchLine =
    pop3Port === 0
      ? `curl --insecure --user '${login}:${password}' pop3s://${reachable}:${pop3sPort}/1`
      : `curl --user '${login}:${password}' pop3://${reachable}:${pop3Port}/1`;
  return [
    `  Demo login     ${login}`,
    `  Demo password  ${password}`,
    "  First message:",
    `    ${fetchLine}`,
  ];
}

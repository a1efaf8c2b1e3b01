import { apiFiles, type Config } from "@poplar/config";
import type { Demo } from "./demo.ts";

/** What somebody who has just started the server wants to know, with the word `ready` in it. */
export function welcomeText(config: Config, demo: Demo | undefined): string {
  const { host } = config;
  const listening = [
    ["POP3", "STLS", config.pop3Port],
    ["POP3S", "TLS", config.pop3sPort],
    ["KPOP", "Kerberos", config.kerberosKeytab === undefined ? 0 : config.kpopPort],
    ["LMTP", "", config.lmtpPort],
    ["HTTP", "health, metrics, API, console", config.httpPort],
  ] as const;
  const lines = [
    "",
    "Poplar is ready.",
    "",
    ...listening
      .filter(([, , port]) => port !== 0)
      .map(([name, remark, port]) =>
        `  ${name.padEnd(7)} ${`${host}:${port}`.padEnd(18)} ${remark}`.trimEnd(),
      ),
    "",
    `  Data    ${config.postgresUrl === undefined ? `embedded Postgres in ${config.dataDir}` : "Postgres as configured"}`,
    ...(config.httpPort === 0 ? [] : consoleLines(config)),
    ...(demo === undefined ? [] : ["", ...demoLines(config, demo)]),
    "",
    "  More logins: npx poplar domain add example.org",
    "               npx poplar login add you@example.org",
    "  Ctrl-C lets sessions end, and stops.",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function consoleLines(config: Config): readonly string[] {
  const { httpPort, apiToken, dataDir } = config;
  const token = apiToken === undefined ? `the token in ${apiFiles(dataDir).token}` : "your api-token";
  return [
    `  Console http://${reachable(config)}:${httpPort}/console/`,
    `          for owners of logins with their passwords, for you with ${token}`,
  ];
}

/** The wildcard addresses are for listening only. */
const reachable = ({ host }: Config): string =>
  host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;

function demoLines(config: Config, { login, password }: Demo): readonly string[] {
  const { pop3Port, pop3sPort } = config;
  const fetchLine =
    pop3Port === 0
      ? `curl --insecure --user '${login}:${password}' pop3s://${reachable(config)}:${pop3sPort}/1`
      : `curl --user '${login}:${password}' pop3://${reachable(config)}:${pop3Port}/1`;
  return [
    `  Demo login     ${login}`,
    `  Demo password  ${password}`,
    "  First message:",
    `    ${fetchLine}`,
  ];
}

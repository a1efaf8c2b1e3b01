import { hostname } from "node:os";
import { z } from "zod";
import { type AppName, fleetApps, popApps, serverApps } from "./app.ts";
import { auditShape } from "./audit-settings.ts";
import { clientSetupShape } from "./client-setup-settings.ts";
import type { SettingName, Settings } from "./config.ts";
import {
  limit,
  listener,
  optionalSetting,
  type Setting,
  type SettingGroup,
  setting,
  settingRegistry,
} from "./define-setting.ts";
import { earlierShape } from "./earlier-settings.ts";
import { loginShape } from "./login-settings.ts";
import { mailShape } from "./mail-settings.ts";
import { tracingShape } from "./tracing-settings.ts";
import * as value from "./value-schemas.ts";

const shape: { readonly [Name in SettingName]: z.ZodType<Settings[Name]> } = {
  host: setting(value.bindAddress(), {
    group: "Listeners",
    description: "Address that every listener binds to; 0.0.0.0 or :: for all",
    placeholder: "ADDRESS",
    apps: serverApps,
    fallback: () => "127.0.0.1",
  }),
  pop3Port: listener(["standalone", "pop3"], "POP3 with STLS", [1110, 110]),
  pop3sPort: listener(["standalone", "pop3s"], "POP3 over TLS", [1995, 995]),
  kpopPort: listener(["standalone", "kpop"], "KPOP; listens only when Kerberos is configured", [1109, 1109]),
  ...earlierShape,
  lmtpPort: listener(["standalone", "lmtp"], "LMTP", [2424, 24]),
  httpPort: listener(serverApps, "Health, metrics and the operations API", [8110, 8110]),
  lmtpSocket: optionalSetting(value.path("socket"), {
    group: "Listeners",
    description: "Unix socket for LMTP, beside the port",
    placeholder: "PATH",
    apps: ["standalone", "lmtp"],
    fallbackText: () => "none",
  }),
  kpopTls: setting(value.oneOf(["starttls", "implicit"]), {
    group: "Listeners",
    description: "When TLS begins on the port of KPOP: after STLS, or with the connection",
    placeholder: "WHEN",
    apps: ["standalone", "kpop"],
    fallback: () => "starttls",
  }),
  proxyNetworks: setting(value.networks(), {
    group: "Listeners",
    description:
      "Networks of balancers that send the PROXY protocol (1 or 2), which is then required of them",
    placeholder: "CIDR,…",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
  }),
  hostname: setting(value.dnsName(), {
    group: "Listeners",
    description: "Name of this host in greetings and trace headers",
    placeholder: "NAME",
    apps: serverApps,
    fallback: () => hostname(),
    fallbackText: () => "the host's own",
  }),
  dataDir: setting(value.path("folder"), {
    group: "Storage",
    description: "Folder for the embedded database, the self-signed certificate and the API token",
    placeholder: "FOLDER",
    apps: [...serverApps, "cli"],
    fallback: () => "./data",
  }),
  postgresUrl: optionalSetting(
    value.url(["postgres", "postgresql"], "postgres://poplar@db.example.test/poplar"),
    {
      group: "Storage",
      description: "Postgres that holds the mail",
      placeholder: "URL",
      apps: [...serverApps, "cli"],
      fallbackText: (app) => (app === "standalone" || app === "cli" ? "embedded" : "required"),
      isSecret: true,
    },
  ),
  postgresPoolMax: setting(value.wholeNumber(1, 1000, "connections"), {
    group: "Storage",
    description: "Connections to Postgres that one process opens at most",
    placeholder: "COUNT",
    apps: serverApps,
    fallback: () => 10,
  }),
  redisUrl: optionalSetting(value.redisUrl(), {
    group: "Storage",
    description: "Redis that holds the leases: one, one behind Sentinels, or a Cluster; rediss for TLS",
    placeholder: "URL",
    apps: [...serverApps, "cli"],
    fallbackText: (app) => (app === "standalone" || app === "cli" ? "in memory" : "required"),
    isSecret: true,
  }),
  redisTlsCa: optionalSetting(value.path("file"), {
    group: "Storage",
    description: "Authorities that the certificate of Redis is checked against, PEM",
    placeholder: "FILE",
    apps: [...serverApps, "cli"],
    fallbackText: () => "those of Node",
  }),
  leaseFailure: setting(value.oneOf(["refuse", "fence-only"]), {
    group: "Storage",
    description:
      "While Redis does not answer: refuse logins, or let them in and leave it to Postgres who deletes",
    placeholder: "POLICY",
    apps: popApps,
    fallback: () => "refuse",
  }),
  fleetSecret: optionalSetting(value.secret(), {
    group: "TLS",
    description: "The same in the whole fleet: TLS sessions are then resumed on every node",
    placeholder: "SECRET",
    apps: popApps,
    fallbackText: () => "none",
    isSecret: true,
  }),
  tlsCert: optionalSetting(value.path("file"), {
    group: "TLS",
    description: "Certificate chain, PEM; read again on SIGHUP and when the file changes",
    placeholder: "FILE",
    apps: popApps,
    fallbackText: () => "self-signed, kept in the data dir",
  }),
  tlsKey: optionalSetting(value.path("file"), {
    group: "TLS",
    description: "Private key of the certificate, PEM",
    placeholder: "FILE",
    apps: popApps,
    fallbackText: () => "self-signed, kept in the data dir",
  }),
  certificates: setting(value.certificateFiles(), {
    group: "TLS",
    description: "More certificates, chosen by the name that the client asks for (SNI)",
    placeholder: "LIST",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
    isFileOnly: true,
  }),
  allowPlaintextLogin: setting(value.yesOrNo(), {
    group: "TLS",
    description: "Let anybody send a password over a link without TLS",
    placeholder: "",
    apps: popApps,
    fallback: () => false,
    fallbackText: () => "off",
  }),
  plaintextLoginNetworks: setting(value.networks(), {
    group: "TLS",
    description: "Networks whose clients may log in without TLS nevertheless, separated by commas",
    placeholder: "CIDR,…",
    apps: popApps,
    fallback: (app) => (app === "standalone" ? ["127.0.0.0/8", "::1/128"] : []),
    fallbackText: (app) => (app === "standalone" ? "127.0.0.0/8,::1/128" : "none"),
  }),
  ...loginShape,
  kerberosKeytab: optionalSetting(value.path("file"), {
    group: "Kerberos",
    description: "Keytab with the keys of pop/HOST, read again at each login; switches GSSAPI and KPOP on",
    placeholder: "FILE",
    apps: [...popApps, "cli"],
    fallbackText: () => "none: no Kerberos",
  }),
  kerberosRules: setting(value.kerberosRules(), {
    group: "Kerberos",
    description:
      "Realms whose people open the login of their name in a domain; without a domain the login of the bare name; " +
      "/i takes capital letters for small ones. Principals that were given to a login need no rule",
    placeholder: "REALM=DOMAIN,…",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
  }),
  kerberosLayers: setting(value.listOf(["none", "integrity", "confidentiality"]), {
    group: "Kerberos",
    description: "What is offered to protect the connection after GSSAPI",
    placeholder: "LAYER,…",
    apps: popApps,
    fallback: () => ["none", "integrity", "confidentiality"],
  }),
  kerberosRequireMutual: setting(value.yesOrNo(), {
    group: "Kerberos",
    description: "Turn away clients that do not want the server to prove itself, as curl does not",
    placeholder: "",
    apps: popApps,
    fallback: () => false,
    fallbackText: () => "off",
  }),
  kerberosRequireChannelBinding: setting(value.yesOrNo(), {
    group: "Kerberos",
    description:
      "Offer GSSAPI over TLS only, and to clients only that bind their login to it, which most do not",
    placeholder: "",
    apps: popApps,
    fallback: () => false,
    fallbackText: () => "off",
  }),
  autologoutSeconds: limit(value.wholeNumber(600, 86_400, "seconds"), {
    description: "A silent session ends after this, without UPDATE (RFC 1939 §3: at least 600)",
    placeholder: "SECONDS",
    apps: popApps,
    fallback: 600,
  }),
  loginTimeoutSeconds: limit(value.wholeNumber(1, 600, "seconds"), {
    description: "A client that has not logged in is gone after this much silence",
    placeholder: "SECONDS",
    apps: popApps,
    fallback: 60,
  }),
  connectionsMax: limit(value.wholeNumber(1, 1_000_000, "connections"), {
    description: "Connections in all, of one process",
    placeholder: "COUNT",
    apps: serverApps,
    fallback: 20_000,
  }),
  connectionsPerAddressMax: setting(value.wholeNumber(1, 1_000_000, "connections"), {
    group: "Limits",
    description: "Connections from one address (IPv6: from one /64)",
    placeholder: "COUNT",
    apps: serverApps,
    // Behind `npm start` everybody is 127.0.0.1.
    fallback: (app) => (app === "standalone" ? 20_000 : 200),
  }),
  unfinishedHandshakesMax: limit(value.wholeNumber(1, 100_000, "handshakes"), {
    description: "TLS handshakes under way at a time, of one process",
    placeholder: "COUNT",
    apps: popApps,
    fallback: 500,
  }),
  tlsHandshakeMs: limit(value.wholeNumber(100, 600_000, "milliseconds"), {
    description: "A TLS handshake must be done within this",
    placeholder: "MS",
    apps: popApps,
    fallback: 10_000,
  }),
  drainGraceMs: setting(value.wholeNumber(0, 600_000, "milliseconds"), {
    group: "Limits",
    description: "After SIGTERM readiness fails for this long before nobody is accepted any more",
    placeholder: "MS",
    apps: serverApps,
    // A balancer that asks every second takes two or three answers for an answer.
    fallback: (app) => (app === "standalone" ? 0 : 3000),
  }),
  drainSeconds: setting(value.wholeNumber(0, 86_400, "seconds"), {
    group: "Limits",
    description: "After SIGTERM sessions may go on for this long, then they are closed without UPDATE",
    placeholder: "SECONDS",
    apps: serverApps,
    // 25 fits into the 30 that Kubernetes grants.
    fallback: (app) => (app === "standalone" ? 10 : 25),
  }),
  messageOctetsMax: limit(value.wholeNumber(1024, 2 ** 28 - 1, "octets"), {
    description: "Largest message that is taken in, announced as SIZE",
    placeholder: "OCTETS",
    apps: ["standalone", "lmtp", "api"],
    fallback: 100 * 1024 * 1024,
  }),
  leaseWaitMs: limit(value.wholeNumber(0, 60_000, "milliseconds"), {
    description: "How long a login waits for another session to leave the maildrop before [IN-USE]",
    placeholder: "MS",
    apps: popApps,
    fallback: 500,
  }),
  retentionSweepMinutes: limit(value.wholeNumber(0, 10_080, "minutes"), {
    description: "How often mail is removed that has been kept long enough; one process does it; 0 for never",
    placeholder: "MINUTES",
    apps: popApps,
    fallback: 60,
  }),
  yieldIdleSeconds: limit(value.wholeNumber(5, 86_400, "seconds"), {
    description: "A session as silent as this makes way when its login comes again from the same address",
    placeholder: "SECONDS",
    apps: popApps,
    fallback: 30,
  }),
  heartbeatTtlMs: limit(value.wholeNumber(1000, 300_000, "milliseconds"), {
    description: "How long a crashed process keeps its leases; the same in the whole fleet",
    placeholder: "MS",
    apps: popApps,
    fallback: 10_000,
  }),
  workers: setting(value.processes(), {
    group: "Operation",
    description: "Processes; auto is one per core; more than 1 needs an external Postgres and Redis",
    placeholder: "COUNT",
    apps: ["standalone", ...fleetApps],
    fallback: () => 1,
  }),
  noDemo: setting(value.yesOrNo(), {
    group: "Operation",
    description: "Make no demo login on the first start",
    placeholder: "",
    apps: ["standalone"],
    fallback: () => false,
    fallbackText: () => "off",
  }),
  logLevel: setting(value.oneOf(["fatal", "error", "warn", "info", "debug", "trace", "silent"]), {
    group: "Operation",
    description: "How much the log says",
    placeholder: "LEVEL",
    apps: serverApps,
    fallback: () => "info",
  }),
  logFormat: setting(value.oneOf(["auto", "json", "pretty"]), {
    group: "Operation",
    description: "Form of the log; auto is pretty on a terminal, else json",
    placeholder: "FORM",
    apps: serverApps,
    fallback: () => "auto",
  }),
  ...mailShape,
  ...auditShape,
  ...tracingShape,
  ...clientSetupShape,
  apiUrl: optionalSetting(value.url(["http", "https"], "http://127.0.0.1:8110"), {
    group: "API",
    description: "Where poplar finds the server",
    placeholder: "URL",
    apps: ["cli"],
    fallbackText: () => "api-url in the data dir",
  }),
  apiToken: optionalSetting(value.token(), {
    group: "API",
    description: "Bearer token that the API wants and poplar shows",
    placeholder: "TOKEN",
    apps: ["standalone", "api", "cli"],
    fallbackText: () => "api-token in the data dir",
    isSecret: true,
  }),
};

const schema = z.strictObject(shape);

/** Every setting, in the order of the documentation. */
export const settingNames: readonly SettingName[] = schema.keyof().options;

/** What is known about a setting. */
export function aboutSetting(name: SettingName): Setting {
  const about = settingRegistry.get(shape[name]);
  if (about === undefined) throw new Error(`The setting ${name} is not described.`);
  return about;
}

/** Some settings by group, in the order of the documentation. */
export function groupSettings(names: readonly SettingName[]): [SettingGroup, readonly SettingName[]][] {
  const groups = new Set(names.map((name) => aboutSetting(name).group));
  return [...groups].map((group) => [group, names.filter((name) => aboutSetting(name).group === group)]);
}

/** Checks each value. A setting whose value is wrong is named in `failed` and has its default. */
export function parseSettings(
  given: ReadonlyMap<SettingName, unknown>,
  app: AppName,
): { readonly settings: Settings; readonly failed: ReadonlySet<SettingName> } {
  const failed = new Set<SettingName>();
  const raw = settingNames.map((name): [SettingName, unknown] => {
    const about = aboutSetting(name);
    const fallback = about.fallback(app);
    if (!given.has(name) || !about.apps.includes(app)) return [name, fallback];
    const candidate = given.get(name);
    if (shape[name].safeParse(candidate).success) return [name, candidate];
    failed.add(name);
    return [name, fallback];
  });
  return { settings: schema.parse(Object.fromEntries(raw)), failed };
}

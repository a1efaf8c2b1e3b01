import { createPrivateKey, X509Certificate } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { type AppName, fleetApps, popApps } from "./app.ts";
import type { CertificateFiles, SettingName, Settings } from "./config.ts";
import type { ConfigProblem } from "./config-error.ts";
import { flagOf, variableOf } from "./setting-words.ts";
import { aboutSetting } from "./settings.ts";
import { reasonOf } from "./unreadable-file.ts";

/** What the checks between settings look at. */
export interface Candidate {
  readonly app: AppName;
  readonly settings: Settings;
  /** Wrong by themselves: nothing more is said about them. */
  readonly failed: ReadonlySet<SettingName>;
  /** Where the value of a setting stands. */
  readonly whereIs: (name: SettingName) => string;
}

/** Checks the settings against each other, and against the files that they name. */
export function crossCheck(candidate: Candidate): readonly ConfigProblem[] {
  return [
    ...requireSharedEngines(candidate),
    ...requireListener(candidate),
    ...requireKeytab(candidate),
    ...refuseSharedPorts(candidate),
    ...refuseLongSocketPath(candidate),
    ...refuseTrustInAll(candidate),
    ...(popApps.includes(candidate.app) ? checkCertificates(candidate) : []),
    ...checkAuthorities(candidate),
  ];
}

function requireSharedEngines({ app, settings, failed, whereIs }: Candidate): ConfigProblem[] {
  const engines = [
    { name: "postgresUrl", title: "Postgres" },
    { name: "redisUrl", title: "Redis" },
  ] as const;
  const missing = engines.filter(({ name }) => settings[name] === undefined && !failed.has(name));
  if (fleetApps.includes(app)) {
    return missing.map(({ name, title }) => ({
      where: variableOf(name),
      what: `The app ${app} shares its ${title} with the rest of the fleet, and none is given.`,
      remedy: `Set it, or ${flagOf(name)} URL.`,
    }));
  }
  if (app !== "standalone" || settings.workers === 1 || missing.length === 0) return [];
  return [
    {
      where: whereIs("workers"),
      what: `${settings.workers} processes need an external Postgres and Redis.`,
      remedy: `Set ${missing.map(({ name }) => variableOf(name)).join(" and ")}, or 1 worker.`,
    },
  ];
}

/** RFC 1081 lets a host in without a password: no value that means the world can be meant. */
function refuseTrustInAll({ settings, whereIs }: Candidate): ConfigProblem[] {
  const wide = settings.rpopNetworks.filter((network) => Number(network.split("/")[1]) < rpopPrefixMin);
  if (wide.length === 0) return [];
  return [
    {
      where: whereIs("rpopNetworks"),
      what: `Hosts of ${wide.join(" and ")} would open maildrops without a password.`,
      remedy: "Name the hosts, or their networks, of one place: /8 or smaller.",
    },
  ];
}

/** The largest network that somebody has to himself. */
const rpopPrefixMin = 8;

const portNames = [
  "pop3Port",
  "pop3sPort",
  "kpopPort",
  "pop2Port",
  "pop1Port",
  "lmtpPort",
  "httpPort",
] as const;

/** The ports that the app opens. Standalone leaves KPOP shut without Kerberos. */
function openPorts({ app, settings, failed }: Candidate): { name: SettingName; port: number }[] {
  return portNames
    .filter((name) => aboutSetting(name).apps.includes(app) && !failed.has(name))
    .filter((name) => name !== "kpopPort" || app === "kpop" || settings.kerberosKeytab !== undefined)
    .map((name) => ({ name, port: settings[name] }))
    .filter(({ port }) => port !== 0);
}

function requireListener(candidate: Candidate): ConfigProblem[] {
  const { app, settings, failed, whereIs } = candidate;
  if (app === "cli" || failed.size > 0 || settings.lmtpSocket !== undefined) return [];
  const main = openPorts(candidate).filter(({ name }) => name !== "httpPort" || app === "api");
  if (main.length > 0) return [];
  const own = portNames.find((name) => aboutSetting(name).apps.includes(app)) ?? "httpPort";
  return [
    { where: whereIs(own), what: "Every listener is switched off.", remedy: "Give at least one a port." },
  ];
}

function requireKeytab({ app, settings, failed, whereIs }: Candidate): ConfigProblem[] {
  const where = whereIs("kerberosKeytab");
  // The command line is there to say what is wrong with it.
  if (app === "cli" || failed.has("kerberosKeytab")) return [];
  if (settings.kerberosKeytab === undefined) {
    if (app !== "kpop") return [];
    return [
      {
        where: variableOf("kerberosKeytab"),
        what: "KPOP is a login by Kerberos, and no keytab is given.",
        remedy: `Set it, or ${flagOf("kerberosKeytab")} FILE.`,
      },
    ];
  }
  try {
    accessSync(settings.kerberosKeytab, constants.R_OK);
    return [];
  } catch (err) {
    const what = `The keytab ${settings.kerberosKeytab} ${reasonOf(err)}.`;
    return [{ where, what, remedy: "Correct the path or the file's permissions." }];
  }
}

function refuseSharedPorts(candidate: Candidate): ConfigProblem[] {
  const { whereIs } = candidate;
  const taken = new Map<number, SettingName>();
  return openPorts(candidate).flatMap(({ name, port }): ConfigProblem[] => {
    const other = taken.get(port);
    taken.set(port, other ?? name);
    if (other === undefined) return [];
    // The default of one may clash with what somebody gave the other.
    const where = whereIs(name) === "default" ? flagOf(name) : whereIs(name);
    return [
      { where, what: `Port ${port} is also that of ${flagOf(other)}.`, remedy: "Give each its own, or 0." },
    ];
  });
}

/** What fits into `sockaddr_un`, less the final NUL. */
const socketPathOctetsMax = 107;

function refuseLongSocketPath({ settings, whereIs }: Candidate): ConfigProblem[] {
  if (Buffer.byteLength(settings.lmtpSocket ?? "") <= socketPathOctetsMax) return [];
  return [
    {
      where: whereIs("lmtpSocket"),
      what: "The path is too long for a socket.",
      remedy: `Keep it to ${socketPathOctetsMax} octets.`,
    },
  ];
}

function checkCertificates({ settings, failed, whereIs }: Candidate): ConfigProblem[] {
  const { tlsCert, tlsKey, certificates } = settings;
  const extra = certificates.flatMap((files) => checkPair(files, whereIs("certificates")));
  if (failed.has("tlsCert") || failed.has("tlsKey")) return extra;
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return [...checkPair({ cert: tlsCert, key: tlsKey }, whereIs("tlsCert")), ...extra];
  }
  if (tlsCert === undefined && tlsKey === undefined) return extra;
  const [present, absent] =
    tlsCert === undefined ? (["tlsKey", "tlsCert"] as const) : (["tlsCert", "tlsKey"] as const);
  return [
    {
      where: whereIs(present),
      what: "A certificate and its key belong together.",
      remedy: `Set ${flagOf(absent)} or ${variableOf(absent)} too.`,
    },
    ...extra,
  ];
}

function checkAuthorities({ settings, whereIs }: Candidate): ConfigProblem[] {
  const { redisTlsCa, clientAuthorities } = settings;
  const check = (name: SettingName, file: string): ConfigProblem[] => {
    const read = readPem(file, whereIs(name), "certificate", (pem) => new X509Certificate(pem));
    return "problem" in read ? [read.problem] : [];
  };
  return [
    ...(redisTlsCa === undefined ? [] : check("redisTlsCa", redisTlsCa)),
    ...clientAuthorities.flatMap((file) => check("clientAuthorities", file)),
  ];
}

function checkPair({ cert, key }: CertificateFiles, where: string): ConfigProblem[] {
  const certificate = readPem(cert, where, "certificate", (pem) => new X509Certificate(pem));
  const privateKey = readPem(key, where, "private key", createPrivateKey);
  if ("problem" in certificate || "problem" in privateKey) {
    return [certificate, privateKey].flatMap((read) => ("problem" in read ? [read.problem] : []));
  }
  if (certificate.parsed.checkPrivateKey(privateKey.parsed)) return [];
  return [
    {
      where,
      what: `The key ${key} is not that of the certificate ${cert}.`,
      remedy: "Give two files that belong together.",
    },
  ];
}

function readPem<T>(
  path: string,
  where: string,
  noun: string,
  parse: (pem: Buffer) => T,
): { readonly parsed: T } | { readonly problem: ConfigProblem } {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch (err) {
    const what = `The file ${path} ${reasonOf(err)}.`;
    return { problem: { where, what, remedy: "Correct the path or the file's permissions." } };
  }
  try {
    return { parsed: parse(pem) };
  } catch {
    const what = `The file ${path} holds no ${noun} that can be used.`;
    return { problem: { where, what, remedy: `Give a PEM file with an unencrypted ${noun}.` } };
  }
}

import { readFileSync } from "node:fs";
import type { AppName } from "./app.ts";
import type { Config, SettingName } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { readConfigFile } from "./config-file.ts";
import { crossCheck } from "./cross-checks.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { readFlags } from "./flags.ts";
import { aboutSetting, parseSettings, settingNames } from "./settings.ts";
import type { Given, Source } from "./source.ts";
import { reasonOf } from "./unreadable-file.ts";

/** What a configuration is read from. */
export interface ConfigRequest {
  readonly app: AppName;
  /** Without the program and the script. */
  readonly argv: readonly string[];
  readonly env: Environment;
}

/**
 * Reads and checks everything: flags over environment over config file over the app's defaults.
 *
 * @throws {ConfigError} with all that is wrong; never anything else.
 */
export function readConfig({ app, argv, env }: ConfigRequest): Config {
  const flags = readFlags(argv);
  const environment = readEnvironment(env);
  const configFile = flags.configFile ?? environment.configFile;
  const sources = [configFile === undefined ? nothing : readConfigFile(configFile), environment, flags];
  const problems: ConfigProblem[] = sources.flatMap((source) => source.problems);

  const given = new Map(
    sources.flatMap(({ given: entries }) => Array.from(entries)).filter(([name]) => isUsedBy(app, name)),
  );
  const whereIs = (name: SettingName): string => given.get(name)?.where ?? "default";
  const values = new Map<SettingName, unknown>();
  for (const [name, entry] of given) {
    const value = entry.isPath ? readSecret(entry, problems) : entry.value;
    if (value !== undefined) values.set(name, value);
  }

  const { settings, failed } = parseSettings(values, app);
  for (const name of failed) problems.push(wrongValue(name, values.get(name), whereIs(name)));
  const unread = [...given.keys()].filter((name) => !values.has(name));
  problems.push(...crossCheck({ app, settings, failed: new Set([...failed, ...unread]), whereIs }));
  if (problems.length > 0) throw new ConfigError(problems);

  return Object.freeze({
    ...settings,
    certificates: Object.freeze(settings.certificates.map((files) => Object.freeze(files))),
    plaintextLoginNetworks: Object.freeze(settings.plaintextLoginNetworks),
    proxyNetworks: Object.freeze(settings.proxyNetworks),
    earlierVersionNetworks: Object.freeze(settings.earlierVersionNetworks),
    kerberosRules: Object.freeze(settings.kerberosRules),
    kerberosLayers: Object.freeze(settings.kerberosLayers),
    app,
    sources: Object.freeze(sourcesOf(whereIs)),
  });
}

const nothing: Source = { given: new Map(), problems: [] };

const isUsedBy = (app: AppName, name: SettingName): boolean => aboutSetting(name).apps.includes(app);

/** More is not a secret but a wrong path. */
const secretOctetsMax = 64 * 1024;

/** The first line of a secret's file. */
function readSecret({ value, where }: Given, problems: ConfigProblem[]): string | undefined {
  const path = String(value);
  const refuse = (what: string): undefined => {
    problems.push({ where, what, remedy: "Give a file that holds the secret on its first line." });
  };
  try {
    const content = readFileSync(path, "utf8");
    const [secret = ""] = content.split(/\r?\n/, 1);
    if (secret === "") return refuse(`The file ${path} is empty.`);
    return content.length > secretOctetsMax ? refuse(`The file ${path} is too long for a secret.`) : secret;
  } catch (err) {
    return refuse(`The file ${JSON.stringify(path)} ${reasonOf(err)}.`);
  }
}

function wrongValue(name: SettingName, value: unknown, where: string): ConfigProblem {
  const { expected, isSecret } = aboutSetting(name);
  return {
    where,
    what: `${isSecret ? "The value (not shown)" : quoted(value)} cannot be used.`,
    remedy: `Give ${expected}.`,
  };
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function sourcesOf(whereIs: (name: SettingName) => string): Record<SettingName, string> {
  const pairs = settingNames.map((name) => [name, whereIs(name)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` forgets the names
  return Object.fromEntries(pairs) as Record<SettingName, string>;
}

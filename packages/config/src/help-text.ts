import type { AppName } from "./app.ts";
import type { Setting } from "./define-setting.ts";
import { readFlags } from "./flags.ts";
import { flagOf, variableOf } from "./setting-words.ts";
import { aboutSetting, groupSettings, settingNames } from "./settings.ts";

/** The answer to `--help` or `--version`; `undefined` when the program shall run. */
export function answerFlags(request: {
  readonly app: AppName;
  readonly argv: readonly string[];
  readonly version: string;
}): string | undefined {
  const { isHelpAsked, isVersionAsked } = readFlags(request.argv);
  if (isHelpAsked) return helpText(request.app);
  return isVersionAsked ? `poplar ${request.version}\n` : undefined;
}

/** All flags of an app, for people. */
export function helpText(app: AppName): string {
  const names = settingNames.filter(
    (name) => aboutSetting(name).apps.includes(app) && !aboutSetting(name).isFileOnly,
  );
  const sections = groupSettings(names).map(([group, members]) =>
    [
      `${group}:`,
      ...members.map((name) => {
        const about = aboutSetting(name);
        return flagLines(
          `${flagOf(name)} ${about.placeholder}`,
          `${about.description} (${defaultText(about, app)})`,
        );
      }),
    ].join("\n"),
  );
  return `${[
    `Usage: ${app === "standalone" ? "npm start --" : `npm run ${app} --`} [FLAGS]`,
    ...sections,
    [
      "Other:",
      flagLines("--config FILE", "Config file, YAML"),
      flagLines("--help", "This text"),
      flagLines("--version", "The version"),
    ].join("\n"),
    `Each flag has a variable (--host is ${variableOf("host")}) and a key in the config file (host).
Flags come before variables, variables before the file. --postgres-url-file, --redis-url-file and their
variables read the secret from a file. Exit codes: 0 stopped as asked, 1 could not start or failed,
2 wrong configuration.`,
  ].join("\n\n")}\n`;
}

/** The default of a setting in words. */
export function defaultText(about: Setting, app: AppName): string {
  return about.fallbackText?.(app) ?? String(about.fallback(app));
}

const flagColumns = 35;
const lineColumns = 110;

function flagLines(flag: string, description: string): string {
  const lines = [`  ${flag.padEnd(flagColumns)}`];
  for (const word of description.split(" ")) {
    const line = `${lines.at(-1) ?? ""} ${word}`;
    if (line.length > lineColumns) lines.push(`${" ".repeat(flagColumns + 2)} ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join("\n");
}

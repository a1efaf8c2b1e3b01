import type { AppName } from "./app.ts";
import type { SettingName } from "./config.ts";
import { defaultText } from "./help-text.ts";
import { flagOf, keyOf, variableOf } from "./setting-words.ts";
import { aboutSetting, groupSettings, settingNames } from "./settings.ts";

/** The reference of all settings as Markdown, for `docs/operating/configuration.md`. */
export function configReference(): string {
  const sections = groupSettings(settingNames).map(
    ([group, names]) => `## ${group}

| key | flag | variable | value | default | what it does |
|---|---|---|---|---|---|
${names.map(row).join("\n")}
`,
  );
  return `# Configuration

<!-- Generated from the schema by \`poplar config docs\`; change packages/config/src/settings.ts instead. -->

Flags come before environment variables, those before the config file (\`--config FILE\` or
\`POPLAR_CONFIG\`; YAML, one \`key: value\` a line), and that before the defaults. An empty variable and a
key without a value count as absent. Unknown flags, unknown \`POPLAR_…\` variables and unknown keys are
errors; every problem is listed at once. Relative paths start at the working directory. A secret can be read
from a file: \`--postgres-url-file\`, \`POPLAR_POSTGRES_URL_FILE\`, \`postgres-url-file\`. Every app knows
every setting and uses those of its own; a default of the form *a / b* is that of \`npm start\` / that of
the separate apps. \`poplar config check\` checks all of it, \`poplar config show\` prints what is in force
and where it comes from.

${sections.join("\n")}`;
}

function row(name: SettingName): string {
  const about = aboutSetting(name);
  const cells = [
    `\`${keyOf(name)}\``,
    about.isFileOnly ? "" : `\`${flagOf(name)}\``,
    about.isFileOnly ? "" : `\`${variableOf(name)}\`${about.isSecret ? ", `…_FILE`" : ""}`,
    about.expected,
    defaults(name),
    `${about.description}.`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaults(name: SettingName): string {
  const about = aboutSetting(name);
  const apps: AppName[] =
    about.apps.length > 1 ? [about.apps[0] ?? "standalone", about.apps[1] ?? "pop3"] : [...about.apps];
  return [...new Set(apps.map((app) => defaultText(about, app)))].join(" / ");
}

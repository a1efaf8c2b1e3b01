import {
  type AppName,
  appNames,
  type Config,
  ConfigError,
  configReference,
  describeConfig,
  printConfig,
  readConfig,
} from "@poplar/config";
import { type Command, Option } from "commander";
import { examples } from "../arguments.ts";
import { exitCodes } from "../refusal.ts";
import type { Tools } from "../tools.ts";

const appOption = (): Option =>
  new Option("--app <app>", "the app whose configuration is meant").choices(appNames).default("standalone");

const example = examples("poplar config check --app pop3 --config /etc/poplar.yaml -- --pop3-port 2110");

/** `poplar config …`: what the apps would run with, by the very code that they run. Needs no server. */
export function addConfigCommands(program: Command, tools: Tools): void {
  const config = program.command("config").description("what the apps would run with");

  const read = (app: AppName, flags: readonly string[]): Config =>
    readConfig({ app, argv: [...tools.configFlags, ...flags], env: tools.env });

  config
    .command("check")
    .description("check flags, variables, config file and certificates, as a start would")
    .addOption(appOption())
    .argument("[flags...]", "flags of the app, after --")
    .addHelpText("after", example)
    .action((flags: readonly string[], { app }: { app: AppName }) => {
      try {
        read(app, flags);
        tools.printer.done({ isValid: true, problems: [] }, `The configuration of ${app} is right.`);
      } catch (err) {
        if (!(err instanceof ConfigError)) throw err;
        process.exitCode = exitCodes.refused;
        if (tools.printer.isJson) tools.printer.done({ isValid: false, problems: err.problems }, "");
        else console.error(err.message);
      }
    });

  config
    .command("show")
    .description("print what is in force and where each value comes from; secrets redacted")
    .addOption(appOption())
    .argument("[flags...]", "flags of the app, after --")
    .action((flags: readonly string[], { app }: { app: AppName }) => {
      const found = read(app, flags);
      console.log(
        tools.printer.isJson
          ? JSON.stringify(describeConfig(found), undefined, 2)
          : printConfig(found).trimEnd(),
      );
    });

  config
    .command("docs")
    .description("print the reference of all settings as Markdown")
    .action(() => console.log(configReference().trimEnd()));
}

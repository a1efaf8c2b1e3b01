import { readFileSync } from "node:fs";
import { ConfigError } from "@poplar/config";
import { Command, CommanderError } from "commander";
import { colors } from "./colors.ts";
import { addAddressCommands } from "./commands/address-commands.ts";
import { addAuditCommands } from "./commands/audit-commands.ts";
import { addCompletionCommand } from "./commands/completion-command.ts";
import { addConfigCommands } from "./commands/config-commands.ts";
import { addDoctorCommand } from "./commands/doctor-command.ts";
import { addDomainCommands } from "./commands/domain-commands.ts";
import { addFetchCommand } from "./commands/fetch-command.ts";
import { addLeaseCommands } from "./commands/lease-commands.ts";
import { addLoginCommands } from "./commands/login-commands.ts";
import { addMailImportCommands } from "./commands/mail-import-commands.ts";
import { addMaildropCommands } from "./commands/maildrop-commands.ts";
import { addSessionCommands } from "./commands/session-commands.ts";
import { printable } from "./printer.ts";
import { exitCodes, Refusal } from "./refusal.ts";
import { Tools } from "./tools.ts";

const about = `
Examples:
  poplar domain add example.test
  poplar login add alice@example.test
  poplar maildrop deliver alice@example.test letter.eml
  poplar doctor

The server is found by --api-url or POPLAR_API_URL, or by what a server on this host left in its data dir; the
token by POPLAR_API_TOKEN or POPLAR_API_TOKEN_FILE, or likewise.

Exit codes: 0 done; 1 refused, or something is wrong; 2 wrong command, flag or configuration;
3 the server or its database does not answer; 4 the API token is missing or wrong.`;

function versionOfPackage(): string {
  const content: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const version =
    typeof content === "object" && content !== null && "version" in content ? content.version : "";
  return String(version);
}

function createProgram(version: string): Command {
  const program = new Command("poplar")
    .description("runs a Poplar mail access server from the command line")
    .version(version)
    .option("--json", "answer in JSON, errors too")
    .option("--data-dir <folder>", "data dir of the server (default: ./data)")
    .option("--api-url <url>", "where the server's API answers")
    .option("--api-token-file <file>", "file with the API token")
    .option("--config <file>", "config file")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", about)
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  const tools = new Tools(program, process.env, version);
  addDomainCommands(program, tools);
  addLoginCommands(program, tools);
  addAddressCommands(program, tools);
  addMaildropCommands(program, tools);
  addMailImportCommands(program, tools);
  addSessionCommands(program, tools);
  addLeaseCommands(program, tools);
  addAuditCommands(program, tools);
  addConfigCommands(program, tools);
  addFetchCommand(program, tools);
  addDoctorCommand(program, tools);
  addCompletionCommand(program);
  return program;
}

function explain(err: unknown): {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
} {
  const message = err instanceof Error ? err.message : String(err);
  if (err instanceof Refusal) return { code: err.code, exitCode: exitCodes[err.kind], message };
  if (err instanceof ConfigError) return { code: err.code, exitCode: exitCodes.usage, message };
  if (err instanceof CommanderError) {
    const sentence = message.replace(/^error: /, "");
    const isHelp = err.code === "commander.help";
    return {
      code: "usage",
      exitCode: exitCodes.usage,
      message: isHelp ? "Which command?" : `${sentence}\nAdd --help to see how it is used.`,
    };
  }
  return { code: "internal-error", exitCode: exitCodes.refused, message };
}

/** Says why the command did not do it. @returns the exit code. */
function refuse(err: unknown, isJson: boolean): number {
  // Help and version that were asked for.
  if (err instanceof CommanderError && err.exitCode === 0) return exitCodes.done;
  const { code, exitCode, message } = explain(err);
  if (isJson) console.error(JSON.stringify({ error: { code, message } }));
  else console.error(`${colors.red("poplar:")} ${message.split("\n").map(printable).join("\n")}`);
  if (code === "internal-error" && err instanceof Error) console.error(err.stack);
  return exitCode;
}

// A reader that has seen enough, such as head, is no failure.
process.stdout.on("error", () => process.exit());

const program = createProgram(versionOfPackage());
try {
  await program.parseAsync(process.argv);
} catch (err) {
  process.exitCode = refuse(err, program.opts()["json"] === true);
}

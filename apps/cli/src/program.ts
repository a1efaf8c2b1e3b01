import { Command } from "commander";
import { addAccessCommand } from "./commands/access-command.ts";
import { addAddressCommands } from "./commands/address-commands.ts";
import { addAuditCommands } from "./commands/audit-commands.ts";
import { addCompletionCommand } from "./commands/completion-command.ts";
import { addConfigCommands } from "./commands/config-commands.ts";
import { addDatabaseCommands } from "./commands/database-commands.ts";
import { addDoctorCommand } from "./commands/doctor-command.ts";
import { addDomainCommands } from "./commands/domain-commands.ts";
import { addFetchCommand } from "./commands/fetch-command.ts";
import { addFleetCommands } from "./commands/keeping-commands.ts";
import { addLeaseCommands } from "./commands/lease-commands.ts";
import { addLoginCommands } from "./commands/login-commands.ts";
import { addMailImportCommands } from "./commands/mail-import-commands.ts";
import { addMaildropCommands } from "./commands/maildrop-commands.ts";
import { addSecretCommands } from "./commands/secret-commands.ts";
import { addSessionCommands } from "./commands/session-commands.ts";
import { addStatsCommand } from "./commands/stats-command.ts";
import { addTenantCommands } from "./commands/tenant-commands.ts";
import { addTokenCommands } from "./commands/token-commands.ts";
import { addMissingExamples } from "./missing-examples.ts";
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

/** All commands of `poplar`. */
export function createProgram(version: string, env: NodeJS.ProcessEnv): Command {
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
  const tools = new Tools(program, env, version);
  addTenantCommands(program, tools);
  addDomainCommands(program, tools);
  addFleetCommands(program, tools);
  addLoginCommands(program, tools);
  addAddressCommands(program, tools);
  addMaildropCommands(program, tools);
  addMailImportCommands(program, tools);
  addSessionCommands(program, tools);
  addSecretCommands(program, tools);
  addLeaseCommands(program, tools);
  addTokenCommands(program, tools);
  addAccessCommand(program, tools);
  addAuditCommands(program, tools);
  addConfigCommands(program, tools);
  addFetchCommand(program, tools);
  addStatsCommand(program, tools);
  addDatabaseCommands(program, tools);
  addDoctorCommand(program, tools);
  addCompletionCommand(program);
  addMissingExamples(program);
  return program;
}

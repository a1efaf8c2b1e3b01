import type { LoginDetail, LoginEntry } from "@poplar/operations";
import { type Command, Option } from "commander";
import { entryLimit, examples, quota } from "../arguments.ts";
import { octetsText, timeText } from "../printer.ts";
import { readPassword } from "../read-password.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";
import { addChangingCommands, passwordFromStdin, pathOf, sharedSecret } from "./changing-commands.ts";
import { addCredentialCommands } from "./credential-commands.ts";
import { addImportCommand } from "./import-command.ts";
import { addPolicyCommands } from "./keeping-commands.ts";

/** `poplar login …` */
export function addLoginCommands(program: Command, tools: Tools): void {
  const login = program.command("login").description("the names and passwords that open maildrops");
  addReadingCommands(login, tools);
  addChangingCommands(login, tools);

  addAddCommand(login, tools);
  addCredentialCommands(login, tools);
  addPolicyCommands(login, tools, "login");
  addImportCommand(login, tools);
}

interface AddOptions {
  readonly passwordStdin?: true;
  /** `false` with `--no-password`. */
  readonly password: boolean;
  readonly quota?: number | null;
  readonly sharedSecret?: true;
  readonly host?: true;
  readonly hostView?: true;
}

function addAddCommand(login: Command, tools: Tools): void {
  login
    .command("add")
    .description("make a login, its maildrop and its address")
    .argument("<name>", "an address; with --host the name of a host")
    .addOption(passwordFromStdin())
    .addOption(sharedSecret())
    .option("--quota <octets>", "what its maildrop may hold, e.g. 500M or none", quota)
    .addOption(new Option("--host", "SDPS: a host, whose maildrop takes the mail of all its local parts"))
    .addOption(new Option("--host-view", "SDPS: one local part of a host").conflicts(["host", "quota"]))
    .option("--no-password", "with --host-view: the passwords of the host alone open it")
    .addHelpText(
      "after",
      examples(
        "poplar login add alice@example.test",
        "pass show alice | poplar login add alice@example.test --password-stdin --quota 2G",
        "poplar login add --host vision25.demon.test",
        "poplar login add --host-view john@vision25.demon.test --no-password",
      ),
    )
    .action(async (name: string, options: AddOptions) => {
      if (!options.password && options.hostView !== true) {
        throw new Refusal("usage", "usage", "Only a login with --host-view can do without a password.");
      }
      const api = tools.api();
      const isFromStdin = options.passwordStdin === true;
      const password = options.password ? await readPassword({ isFromStdin }) : undefined;
      const body = { name, password, quotaOctets: options.quota, isSharedSecret: options.sharedSecret };
      const path = options.host === true ? "/hosts" : options.hostView === true ? "/host-views" : "/logins";
      const added = await api.call<LoginEntry>({ method: "POST", path, body });
      tools.printer.done(added, sentenceOf(added, options));
    });
}

function sentenceOf({ name }: LoginEntry, { host, hostView }: AddOptions): string {
  if (host === true) return `Added the login ${name}; its maildrop takes mail for everybody at ${name}.`;
  if (hostView === true)
    return `Added the login ${name}; it sees the mail for ${name} in its host's maildrop.`;
  return `Added the login ${name}; its maildrop takes mail for ${name}.`;
}

function addReadingCommands(login: Command, tools: Tools): void {
  login
    .command("list")
    .description("list the logins")
    .option("--domain <domain>", "of this domain only")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async ({ domain, limit }: { domain?: string; limit?: number }) => {
      const logins = await tools
        .api()
        .list<LoginEntry>("/logins", { query: { domain }, ...(limit === undefined ? {} : { limit }) });
      tools.printer.table(
        logins,
        [
          ["LOGIN", ({ name }) => name],
          ["STATE", ({ isDisabled }) => (isDisabled ? "disabled" : "enabled")],
          ["MAILDROP", ({ maildropId }) => maildropId],
          ["ADDED (UTC)", ({ createdAt }) => timeText(createdAt)],
        ],
        "There is no login. Add one: poplar login add alice@example.test",
      );
    });

  login
    .command("show")
    .description("show a login and what it opens")
    .argument("<login>")
    .action(async (name: string) => {
      const detail = await tools.api().call<LoginDetail>({ method: "GET", path: pathOf(name) });
      const { view, maildrop } = detail;
      tools.printer.detail(detail, [
        ["login", detail.name],
        ["state", detail.isDisabled ? "disabled" : "enabled"],
        ["credentials", detail.credentials.join(", ") || "none"],
        ["sees", view.kind === "whole" ? "the whole maildrop" : `mail for ${view.localPart}`],
        ["maildrop", `${maildrop.maildropId} (${maildrop.name})`],
        ["messages", maildrop.messages],
        ["holds", octetsText(maildrop.octets)],
        ["quota", maildrop.quotaOctets === null ? "none" : octetsText(maildrop.quotaOctets)],
      ]);
    });
}

import type { LoginDetail, LoginEntry } from "@poplar/operations";
import { type Command, Option } from "commander";
import { entryLimit, examples, quota } from "../arguments.ts";
import { octetsText, timeText } from "../printer.ts";
import { readPassword } from "../read-password.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";
import { addCredentialCommands } from "./credential-commands.ts";
import { addImportCommand } from "./import-command.ts";
import { addPolicyCommands } from "./keeping-commands.ts";

const pathOf = (name: string): string => `/logins/${encodeURIComponent(name)}`;

const sharedSecret = (): Option =>
  new Option("--shared-secret", "keep the password, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too");

const passwordFromStdin = (): Option =>
  new Option("--password-stdin", "read the password from standard input instead of asking for it");

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

function addChangingCommands(login: Command, tools: Tools): void {
  login
    .command("set-password")
    .description("change the password of a login")
    .argument("<login>")
    .addOption(passwordFromStdin())
    .addOption(sharedSecret())
    .addOption(new Option("--second", "SDPS: the second password, which opens the same"))
    .action(async (name: string, options: { passwordStdin?: true; sharedSecret?: true; second?: true }) => {
      const api = tools.api();
      const password = await readPassword({ isFromStdin: options.passwordStdin === true });
      const isSecond = options.second === true;
      const body = { password, isSharedSecret: options.sharedSecret };
      const path = `${pathOf(name)}/${isSecond ? "second-password" : "password"}`;
      await api.call({ method: "PUT", path, body });
      tools.printer.done(undefined, `Changed the ${isSecond ? "second " : ""}password of ${name}.`);
    });

  for (const verb of ["disable", "enable"] as const) {
    login
      .command(verb)
      .description(
        verb === "disable" ? "shut a login out; its mail stays and more is taken in" : "let a login in again",
      )
      .argument("<login>")
      .action(async (name: string) => {
        await tools.api().call({ method: "POST", path: `${pathOf(name)}/${verb}` });
        tools.printer.done(undefined, `The login ${name} is ${verb}d.`);
      });
  }

  login
    .command("remove")
    .description("remove a login; refused while its maildrop holds mail")
    .argument("<login>")
    .addOption(new Option("--purge", "delete its mail too, for good").conflicts("keepMail"))
    .option("--keep-mail", "leave its maildrop, without a login")
    .option("--dry-run", "say what would go, and remove nothing")
    .addHelpText(
      "after",
      examples(
        "poplar login remove alice@example.test --purge --dry-run",
        "poplar login remove alice@example.test --keep-mail",
      ),
    )
    .action(async (name: string, options: RemoveFlags) => {
      if (options.dryRun === true) return tellRemoval(tools, name, options);
      const fate = options.purge ? "purge" : options.keepMail ? "keep" : undefined;
      await tools.api().call({ method: "DELETE", path: pathOf(name), query: { fate } });
      tools.printer.done(undefined, `Removed the login ${name}.`);
    });
}

interface RemoveFlags {
  readonly purge?: true;
  readonly keepMail?: true;
  readonly dryRun?: true;
}

async function tellRemoval(tools: Tools, name: string, { purge, keepMail }: RemoveFlags): Promise<void> {
  const { maildrop } = await tools.api().call<LoginDetail>({ method: "GET", path: pathOf(name) });
  const { messages, octets } = maildrop;
  const mail = `${messages} messages (${octetsText(octets)})`;
  const isRefused = messages > 0 && purge !== true && keepMail !== true;
  const fate = purge === true ? `with ${mail}, for good` : `and leave ${mail}`;
  const sentence = isRefused
    ? `Would refuse: ${name} has ${mail}.`
    : `Would remove the login ${name} ${fate}.`;
  tools.printer.done({ isDryRun: true, wouldRemove: !isRefused, messages, octets }, sentence);
}

import type { LoginDetail, LoginEntry } from "@poplar/operations";
import { type Command, Option } from "commander";
import { entryLimit, examples, quota } from "../arguments.ts";
import { octetsText, timeText } from "../printer.ts";
import { readPassword } from "../read-password.ts";
import type { Tools } from "../tools.ts";

const pathOf = (name: string): string => `/logins/${encodeURIComponent(name)}`;

const passwordFromStdin = (): Option =>
  new Option("--password-stdin", "read the password from standard input instead of asking for it");

/** `poplar login …` */
export function addLoginCommands(program: Command, tools: Tools): void {
  const login = program.command("login").description("the names and passwords that open maildrops");
  addReadingCommands(login, tools);
  addChangingCommands(login, tools);

  login
    .command("add")
    .description("make a login, its maildrop and its address")
    .argument("<address>")
    .addOption(passwordFromStdin())
    .option("--quota <octets>", "what its maildrop may hold, e.g. 500M or none", quota)
    .addHelpText(
      "after",
      examples(
        "poplar login add alice@example.test",
        "pass show alice | poplar login add alice@example.test --password-stdin --quota 2G",
      ),
    )
    .action(async (name: string, options: { passwordStdin?: true; quota?: number | null }) => {
      const api = tools.api();
      const password = await readPassword({ isFromStdin: options.passwordStdin === true });
      const body = { name, password, quotaOctets: options.quota };
      const added = await api.call<LoginEntry>({ method: "POST", path: "/logins", body });
      tools.printer.done(added, `Added the login ${added.name}; its maildrop takes mail for ${added.name}.`);
    });
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
    .action(async (name: string, options: { passwordStdin?: true }) => {
      const api = tools.api();
      const password = await readPassword({ isFromStdin: options.passwordStdin === true });
      await api.call({ method: "PUT", path: `${pathOf(name)}/password`, body: { password } });
      tools.printer.done(undefined, `Changed the password of ${name}.`);
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
    .action(async (name: string, options: { purge?: true; keepMail?: true }) => {
      const fate = options.purge ? "purge" : options.keepMail ? "keep" : undefined;
      await tools.api().call({ method: "DELETE", path: pathOf(name), query: { fate } });
      tools.printer.done(undefined, `Removed the login ${name}.`);
    });
}

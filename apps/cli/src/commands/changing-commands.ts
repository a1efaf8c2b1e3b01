import type { ChangedPassword, EndedSessions, LoginDetail } from "@poplar/operations";
import { type Command, Option } from "commander";
import { examples } from "../arguments.ts";
import { octetsText } from "../printer.ts";
import { readPassword } from "../read-password.ts";
import type { Tools } from "../tools.ts";
import { countedText, endedText, warnOfSilence } from "./ended-sessions.ts";

/** Where a login is in the API. */
export const pathOf = (name: string): string => `/logins/${encodeURIComponent(name)}`;

/** `--shared-secret` */
export const sharedSecret = (): Option =>
  new Option("--shared-secret", "keep the password, sealed, for APOP, CRAM-MD5 and DIGEST-MD5, too");

/** `--password-stdin` */
export const passwordFromStdin = (): Option =>
  new Option("--password-stdin", "read the password from standard input instead of asking for it");

/** `poplar login set-password|disable|enable|remove` */
export function addChangingCommands(login: Command, tools: Tools): void {
  addPasswordCommand(login, tools);
  addSwitches(login, tools);
  addRemoveCommand(login, tools);
}

interface PasswordFlags {
  readonly passwordStdin?: true;
  readonly sharedSecret?: true;
  readonly second?: true;
  readonly keepAppPasswords?: true;
  readonly keepSessions?: true;
}

function addPasswordCommand(login: Command, tools: Tools): void {
  login
    .command("set-password")
    .description("change the password of a login; its app passwords and open sessions end with the old one")
    .argument("<login>")
    .addOption(passwordFromStdin())
    .addOption(sharedSecret())
    .option("--keep-app-passwords", "leave them: the devices that have one still get in")
    .option("--keep-sessions", "let those that are open go on")
    .addOption(
      new Option("--second", "SDPS: the second password, which opens the same").conflicts([
        "keepAppPasswords",
        "keepSessions",
      ]),
    )
    .addHelpText(
      "after",
      examples(
        "poplar login set-password alice@example.test",
        "pass show alice | poplar login set-password alice@example.test --password-stdin --keep-app-passwords",
      ),
    )
    .action(async (name: string, options: PasswordFlags) => {
      const api = tools.api();
      const password = await readPassword({ isFromStdin: options.passwordStdin === true });
      const secret = { password, isSharedSecret: options.sharedSecret };
      if (options.second === true) {
        await api.call({ method: "PUT", path: `${pathOf(name)}/second-password`, body: secret });
        tools.printer.done(undefined, `Changed the second password of ${name}.`);
        return;
      }
      const body = {
        ...secret,
        keepsAppPasswords: options.keepAppPasswords,
        keepsSessions: options.keepSessions,
      };
      const path = `${pathOf(name)}/password`;
      const changed = await api.call<ChangedPassword>({ method: "PUT", path, body });
      warnOfSilence(changed);
      const ended = options.keepSessions === true ? "" : endedText(changed);
      tools.printer.done(changed, `Changed the password of ${name}.${appPasswordsText(changed)}${ended}`);
    });
}

function appPasswordsText({ revokedAppPasswords, keptAppPasswords }: ChangedPassword): string {
  if (keptAppPasswords > 0) return ` ${countedText(keptAppPasswords, "app password")} of it still open it.`;
  return revokedAppPasswords === 0 ? "" : ` Revoked ${countedText(revokedAppPasswords, "app password")}.`;
}

function addSwitches(login: Command, tools: Tools): void {
  login
    .command("disable")
    .description("shut a login out and end its sessions; its mail stays and more is taken in")
    .argument("<login>")
    .action(async (name: string) => {
      const path = `${pathOf(name)}/disable`;
      const ended = await tools.api().call<EndedSessions>({ method: "POST", path });
      warnOfSilence(ended);
      tools.printer.done(ended, `The login ${name} is disabled.${endedText(ended)}`);
    });

  login
    .command("enable")
    .description("let a login in again")
    .argument("<login>")
    .action(async (name: string) => {
      await tools.api().call({ method: "POST", path: `${pathOf(name)}/enable` });
      tools.printer.done(undefined, `The login ${name} is enabled.`);
    });
}

function addRemoveCommand(login: Command, tools: Tools): void {
  login
    .command("remove")
    .description("remove a login and end its sessions; refused while its maildrop holds mail")
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
      const request = { method: "DELETE", path: pathOf(name), query: { fate } } as const;
      const ended = await tools.api().call<EndedSessions>(request);
      warnOfSilence(ended);
      tools.printer.done(ended, `Removed the login ${name}.${endedText(ended)}`);
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

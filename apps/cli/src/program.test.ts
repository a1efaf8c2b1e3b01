import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperationName } from "@poplar/operations";
import type { Command } from "commander";
import { createProgram } from "./program.ts";

/** Commands that do something, by what is typed. */
function leavesOf(command: Command, path = command.name()): ReadonlyMap<string, Command> {
  if (command.commands.length === 0) return new Map([[path, command]]);
  return new Map(command.commands.flatMap((sub) => [...leavesOf(sub, `${path} ${sub.name()}`)]));
}

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).exitOverride();
  command.outputHelp();
  return help;
}

const program = createProgram("0.0.0", {});
const leaves = leavesOf(program);

/** The command of these words, be there more below it, as below `doctor`. */
const commandAt = (words: readonly string[]): Command | undefined =>
  words.reduce<Command | undefined>(
    (command, word) => command?.commands.find((sub) => sub.name() === word),
    program,
  );

const noCommand = /^none: /;
const forOwners = "none: owners do it in the console, with a token of their own";

/** By which command an operator does it. The compiler wants every use case here. */
const commandOfUseCase: Readonly<Record<OperationName, string>> = {
  "show-access": "access",
  "show-server": "doctor",
  "show-statistics": "stats",
  "reseal-secrets": "secrets reseal",
  "add-tenant": "tenant add",
  "list-tenants": "tenant list",
  "show-tenant": "tenant show",
  "remove-tenant": "tenant remove",
  "move-domain": "domain move",
  "add-token": "token add",
  "list-tokens": "token list",
  "revoke-token": "token revoke",
  "add-domain": "domain add",
  "list-domains": "domain list",
  "show-domain-records": "domain dns (which computes them itself, for servers that are not there yet)",
  "remove-domain": "domain remove",
  "add-login": "login add",
  "add-host": "login add (--host)",
  "add-host-view": "login add (--host-view)",
  "import-logins": "login import",
  "list-logins": "login list",
  "show-login": "login show",
  "remove-login": "login remove",
  "disable-login": "login disable",
  "enable-login": "login enable",
  "restrict-login": "login restrict",
  "set-password": "login set-password",
  "change-own-password": forOwners,
  "set-second-password": "login set-password (--second)",
  "remove-second-password": "login remove-second-password",
  "list-credentials": "login app-password list",
  "add-app-password": "login app-password add",
  "revoke-app-password": "login app-password revoke",
  "enrol-totp": "login totp enroll",
  "begin-totp": forOwners,
  "confirm-totp": forOwners,
  "disable-totp": "login totp disable",
  "add-subject": "login principal add",
  "remove-subject": "login principal remove",
  "add-address": "address add",
  "remove-address": "address remove",
  "list-maildrops": "maildrop list",
  "show-maildrop": "maildrop show",
  "set-quota": "maildrop set-quota",
  "list-messages": "maildrop messages",
  "deliver-message": "maildrop deliver",
  "show-mail-policy": "login policy",
  "set-mail-policy": "login set-policy",
  "clear-mail-policy": "login clear-policy",
  "show-domain-mail-policy": "domain policy",
  "set-domain-mail-policy": "domain set-policy",
  "clear-domain-mail-policy": "domain clear-policy",
  "show-fleet-mail-policy": "fleet policy",
  "set-fleet-mail-policy": "fleet set-policy",
  "clear-fleet-mail-policy": "fleet clear-policy",
  "list-hidden-messages": "maildrop hidden",
  "restore-messages": "maildrop restore",
  "purge-messages": "maildrop purge",
  "import-message": "import maildir",
  "find-used-unique-ids": "import maildir",
  "digest-messages": "import maildir (--verify)",
  "list-sessions": "sessions list",
  "kick-sessions": "sessions kick",
  "show-lease": "lease show",
  "break-lease": "lease break",
  "search-audit": "audit search",
};

test("the help of every command ends with an example of that command", () => {
  assert.ok(leaves.size > 50);
  for (const [path, command] of leaves) {
    const [, examples = ""] = helpOf(command).split(/^Examples?:$/m);
    assert.ok(examples.includes(path), `${path}\n${examples}`);
  }
});

test("what the design names is there", () => {
  const contract = `
    domain add|login add|login list|login show|login set-password|login disable|login enable|login remove
    login app-password add|login app-password list|login app-password revoke
    login totp enroll|login totp disable
    login principal add|login principal list|login principal remove
    maildrop show|maildrop list|maildrop messages|maildrop deliver|maildrop restore|maildrop purge
    import maildir|import mbox|import pop|sessions list|sessions kick|lease show|lease break
    token add|token list|token revoke
    audit search|stats|db migrate|db status|config check|config show|config docs|doctor kerberos`;
  for (const path of contract.trim().split(/\s*[|\n]\s*/)) assert.ok(leaves.has(`poplar ${path}`), path);
});

test("every use case has a command, or a reason to have none", () => {
  for (const [name, command] of Object.entries(commandOfUseCase)) {
    const words = command.replace(/ \(.*/, "").split(" ");
    assert.ok(noCommand.test(command) || commandAt(words) !== undefined, `${name}: ${command}`);
  }
});

test("what removes, ends or takes over much can be tried with --dry-run", () => {
  const much =
    "login remove,login import,maildrop restore,maildrop purge,import maildir,import mbox,import pop," +
    "sessions kick,db migrate";
  for (const path of much.split(",")) {
    assert.ok(
      leaves.get(`poplar ${path}`)?.options.some(({ long }) => long === "--dry-run"),
      path,
    );
  }
});

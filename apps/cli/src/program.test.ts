import assert from "node:assert/strict";
import { test } from "node:test";
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

const leaves = leavesOf(createProgram("0.0.0", {}));

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

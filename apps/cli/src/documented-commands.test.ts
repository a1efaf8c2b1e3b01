import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { Command } from "commander";
import { createProgram } from "./program.ts";

// Examples in blocks are run by tests/docs. What a sentence names is not run, but has to exist.

const root = resolve(import.meta.dirname, "../../..");
const program = createProgram("0.0.0", {});
const shared = new Set([...program.options.map(({ long }) => long), "--help", "--version"]);

/** What is wrong with words behind `poplar`, by the commands and flags that there are. */
function problemOf(words: readonly string[]): string | undefined {
  let command: Command = program;
  for (const [at, word] of words.entries()) {
    if (command.commands.length === 0 || word.startsWith("-")) return problemOfRest(command, words.slice(at));
    // `maildir|mbox|pop`: each of them, and nothing more is said of them.
    const names = word.split("|");
    const found = names.map((name) => command.commands.find((sub) => sub.name() === name));
    const unknown = names.find((_name, index) => found[index] === undefined);
    if (unknown !== undefined) return `${command.name()} has no ${unknown}`;
    const [only, another] = found;
    if (only === undefined || another !== undefined) return undefined;
    command = only;
  }
  return undefined;
}

function problemOfRest(command: Command, rest: readonly string[]): string | undefined {
  const flags = rest.filter((word) => word.startsWith("--")).map((word) => word.replace(/=.*/, ""));
  const known = new Set(command.options.map(({ long }) => long));
  const unknown = flags.find((flag) => !known.has(flag) && !shared.has(flag));
  return unknown === undefined ? undefined : `${command.name()} has no ${unknown}`;
}

/** What stands for something else, or is what a program prints: `poplar config …`, `poplar pop3: …`. */
const isLeftOut = (word: string): boolean => word === "…" || word.endsWith(":");

/** The commands that a document names in its sentences. */
function commandsIn(path: string): readonly (readonly string[])[] {
  const text = readFileSync(join(root, path), "utf8").replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
  return [...text.matchAll(/`(?:npx )?poplar\s+([^`]+)`/g)].map(([, words = ""]) => {
    const all = words.trim().split(/\s+/);
    const end = all.findIndex(isLeftOut);
    if (end < 0) return all;
    return all[end]?.endsWith(":") === true ? [] : all.slice(0, end);
  });
}

test("every command of poplar that a document names exists, with the flags that it names", () => {
  const documents = globSync(["*.md", "{apps,bench,docs,infra,packages,tests}/**/*.md"], {
    cwd: root,
    exclude: ["**/node_modules/**", "**/dist/**"],
  });
  let named = 0;
  for (const path of documents) {
    for (const words of commandsIn(path)) {
      named += 1;
      assert.equal(problemOf(words), undefined, `${path}: poplar ${words.join(" ")}`);
    }
  }
  assert.ok(named > 80, String(named));
});

test("a command or a flag that there is not is found out", () => {
  assert.equal(problemOf(["login", "adopt", "alice@example.test"]), "login has no adopt");
  assert.equal(problemOf(["import", "maildir|maildrop"]), "import has no maildrop");
  assert.equal(problemOf(["sessions", "kick", "--logon", "NAME"]), "kick has no --logon");
  assert.equal(problemOf(["sessions", "kick", "--login", "NAME", "--json"]), undefined);
});

import { deepStrictEqual, ok } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { blocksOf, runDocuments, runKind } from "./example-blocks.ts";

/** An example that is not run as it stands there, and why. */
interface Excuse {
  readonly document: string;
  readonly line: string;
  readonly why: string;
}

const anotherMachine = "it sets up a machine of its own, as root";

const excuses: readonly Excuse[] = [
  {
    document: "docs/install.md",
    line: "npm start",
    why: "it installs and does not end; tests/standalone/start.test.ts runs what it runs",
  },
  { document: "docs/install.md", line: "npm ci", why: anotherMachine },
  { document: "docs/install.md", line: "npm run build", why: anotherMachine },
  {
    document: "docs/install.md",
    line: "npx poplar config check --app pop3 --config /etc/poplar/poplar.yaml",
    why: "tests/docs/production.test.ts runs it, with a folder of its own for /etc/poplar",
  },
  {
    document: "docs/install.md",
    line: "npx poplar domain add example.test",
    why: "tests/docs/production.test.ts runs it against the fleet of that page",
  },
  {
    document: "docs/install.md",
    line: "npx poplar login add alice@example.test",
    why: "it asks for a password; tests/docs/production.test.ts runs it with --password-stdin",
  },
  {
    document: "docs/install.md",
    line: "npx poplar doctor",
    why: "it asks the DNS for the reader's names; tests/operations/doctor.test.ts has a name server",
  },
  { document: "docs/operating/upgrades.md", line: "npm ci && npm run build", why: anotherMachine },
  {
    document: "docs/operating/upgrades.md",
    line: "npx poplar config check --app pop3 --config /etc/poplar/poplar.yaml",
    why: "the same as in docs/install.md",
  },
  {
    document: "docs/operating/keeping-mail.md",
    line: "npx poplar maildrop restore alice@example.org UNIQUE-ID",
    why: "the unique-id is the reader's; tests/operations/commands.test.ts restores one",
  },
];

const root = resolve(import.meta.dirname, "../..");

/** Everything that people read. */
const documents = globSync(["*.md", "{apps,bench,docs,infra,packages,tests,tools}/**/*.md"], {
  cwd: root,
  exclude: ["**/node_modules/**", "**/dist/**"],
}).toSorted();

/** Lines that begin with a command of ours, be it after a prompt or another command. */
const isCommand = (line: string): boolean => /(?:^|&& |\| |; )(?:\$ )?(?:npx )?(?:poplar|npm) /.test(line);

test("every block of examples that is meant to be run stands in a document whose blocks are run", () => {
  const meant = documents.filter((path) => blocksOf(path).some(({ kind }) => kind === runKind));
  deepStrictEqual(new Set(meant), new Set(runDocuments));
});

test("every example of poplar and npm is run, or is excused with a reason, and no excuse is left over", async (t) => {
  const used = new Set<Excuse>();
  for (const document of documents) {
    for (const { kind, text } of blocksOf(document)) {
      if (kind === runKind) continue;
      for (const line of text.split("\n").map((each) => each.trim())) {
        if (!isCommand(line)) continue;
        const excuse = excuses.find((each) => each.document === document && each.line === line);
        ok(excuse !== undefined, `${document}: make this a block of \`${runKind}\`, or excuse it: ${line}`);
        used.add(excuse);
      }
    }
  }
  deepStrictEqual(
    excuses.filter((excuse) => !used.has(excuse)),
    [],
  );
  // So that `npm test` prints them.
  for (const { document, line, why } of used) await t.test(`${document}: ${line}`, { skip: why });
});

test("in the documents whose examples are run, what is not is for another machine", () => {
  for (const document of runDocuments) {
    const others = blocksOf(document).filter(({ kind }) => kind === "sh");
    for (const { text } of others) {
      const isElsewhere = /systemctl|npm start|createuser|git fetch|groupadd|chgrp|postfix|haproxy|UNIQUE-ID/;
      ok(isElsewhere.test(text), `${document}:\n${text}`);
    }
  }
});

test("every npm script that a document names exists", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  ok(typeof manifest === "object" && manifest !== null && "scripts" in manifest);
  ok(typeof manifest.scripts === "object" && manifest.scripts !== null);
  const scripts = new Set(["ci", ...Object.keys(manifest.scripts)]);
  let named = 0;
  for (const document of documents) {
    const text = readFileSync(join(root, document), "utf8");
    // In a sentence between backquotes, or in a block at the beginning of a line.
    for (const [, script = ""] of text.matchAll(/(?:`|^ *)npm\s+(?:run\s+)?([a-z][\w:-]*)/gm)) {
      named += 1;
      ok(scripts.has(script), `${document}: npm has no script ${script}`);
    }
  }
  ok(named > 20);
});

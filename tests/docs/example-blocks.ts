import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** What stands behind the three backquotes of a block that examples.test.ts runs. */
export const runKind = "sh test";

/** The documents whose examples are run, in the order in which a reader would come by. */
export const runDocuments: readonly string[] = [
  "docs/install.md",
  "docs/migrating.md",
  "docs/operating/README.md",
  "docs/operating/api.md",
  "docs/operating/backup.md",
  "docs/operating/client-setup.md",
  "docs/operating/console.md",
  "docs/operating/incidents.md",
  "docs/operating/security.md",
  "docs/operating/tenants.md",
  // Last: it makes all logins of the fleet wait between two visits.
  "docs/operating/keeping-mail.md",
];

/** A block of code in a document. */
export interface ExampleBlock {
  /** What stands behind its three backquotes. */
  readonly kind: string;
  /** Without the indent of the list that it stands in. */
  readonly text: string;
}

/** The blocks of code of a document, in their order. */
export function blocksOf(path: string): readonly ExampleBlock[] {
  const document = readFileSync(join(root, path), "utf8");
  return [...document.matchAll(/^( *)```([^\n`]*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indent = "", kind = "", text = ""]) => ({
      kind: kind.trim(),
      text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

/**
 * What no other tool checks: `node tools/tidy.ts [--write]`.
 *
 * With --write, the linter's list of banned identifiers is made from the glossary.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bannedIdentifiers, withDenylist } from "./glossary.ts";
import { repositoryFiles, root, untrackedFiles } from "./repository.ts";
import { type Finding, fileFindings, repositoryFindings } from "./tidy-rules.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });

const files = repositoryFiles();
const findings = [
  ...files.flatMap(fileFindings),
  ...repositoryFindings(files),
  ...denylistFindings(),
  ...leftOverFindings(),
];
for (const { at, problem } of findings) console.log(`${at} ${problem}`);
if (findings.length > 0) process.exitCode = 1;

function denylistFindings(): readonly Finding[] {
  const path = join(root, ".oxlintrc.json");
  const settings = readFileSync(path, "utf8");
  const wanted = withDenylist(
    settings,
    bannedIdentifiers(readFileSync(join(root, "docs/glossary.md"), "utf8")),
  );
  if (settings === wanted) return [];
  if (values.write) {
    writeFileSync(path, wanted);
    return [];
  }
  return [
    { at: ".oxlintrc.json", problem: "bans other words than docs/glossary.md: node tools/tidy.ts --write" },
  ];
}

/** In CI the tests have run before: what they leave behind shows here. */
function leftOverFindings(): readonly Finding[] {
  if (process.env["CI"] === undefined) return [];
  return untrackedFiles().map((path) => ({ at: path, problem: "is not in the repository, and not ignored" }));
}

/** Checks docs/rfc/index.tsv against the code and keeps its page: `node tools/rfc-refs.ts [--write]`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { keepGenerated } from "./generated-file.ts";
import { repositoryFiles, root } from "./repository.ts";
import { indexFindings, parseIndex, renderIndex } from "./rfc-index.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });

const folder = join(root, "docs/rfc");
const rows = parseIndex(readFileSync(join(folder, "index.tsv"), "utf8"));
const code = repositoryFiles().filter(({ path }) =>
  /^(?:packages|apps|tests)\/.*\.(?:ts|lua|pop)$/.test(path),
);
const findings = indexFindings(rows, code);
for (const finding of findings) console.log(finding);
if (findings.length > 0) process.exitCode = 1;
keepGenerated(join(folder, "README.md"), renderIndex(rows), values.write);

import { basename } from "node:path";
import type { SourceFile } from "./repository.ts";

/** What is wrong, and where: `path:line`. */
export interface Finding {
  readonly at: string;
  readonly problem: string;
}

/** Rules for each line of a file; the first column names the files. */
interface LineRule {
  readonly files: RegExp;
  readonly except?: RegExp;
  readonly wrong: RegExp;
  readonly problem: string;
}

const CODE = /\.(?:ts|mjs|lua|sql|sh|py|pl)$|^\.ci\/run$/;
const TEXT = /\.(?:ts|mjs|js|json|jsonc|lua|sql|sh|py|pl|md|tsv|yaml|yml)$|^\.ci\/run$/;
/** Written by a tool, or the text of somebody else. */
const FOREIGN = /^(?:package-lock\.json|LICENSE)$/;
/** Files that must name what they refuse. */
const RULES_THEMSELVES = /^tools\/tidy/;

const LINE_RULES: readonly LineRule[] = [
  { files: TEXT, wrong: /[ \t]$/, problem: "ends in white space" },
  // Comments, and code without a literal: the formatter breaks all else, and nobody should break a literal.
  {
    files: CODE,
    wrong: /^(?=.{111})(?!\s*\/[^/*])(?:\s*(?:\/\/|\/?\*|--|#)|[^"'`]*$)/u,
    problem: "is wider than 110 columns",
  },
  {
    files: TEXT,
    except: RULES_THEMSELVES,
    wrong: /(?<![\w.~-])\/(?:work|root|home\/\w+)\/[\w.]/,
    problem: "names a path of one machine",
  },
  {
    files: TEXT,
    except: RULES_THEMSELVES,
    wrong: /\b(?:TODO(?!\(#\d+\))|FIXME|XXX)\b/,
    problem: "TODO without a number: TODO(#123)",
  },
  {
    files: TEXT,
    except: RULES_THEMSELVES,
    wrong: /(?<![\w/-])rfc[- ]?\d{3,4}\b(?![-\w/.])|\bRFC[-_]?\d{3,4}\b|\bRFC \d{3,4},? (?:section|sec\.|§ )/,
    problem: "spells a reference otherwise than RFC 1939 §5",
  },
];

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = /^(?:utils?|helpers?|common|manager|misc|data|info)$/;

const linesMax = (path: string): number => {
  if (/^apps\/[^/]+\/src\/main\.ts$/.test(path)) return 200;
  return path.endsWith(".test.ts") ? 600 : 400;
};

/** What is wrong with one file by itself. */
export function fileFindings({ path, text }: SourceFile): readonly Finding[] {
  if (FOREIGN.test(path)) return [];
  const findings: Finding[] = [];
  const found = (problem: string, line?: number): void => {
    findings.push({ at: line === undefined ? path : `${path}:${String(line)}`, problem });
  };

  const lines = text.split("\n");
  for (const rule of LINE_RULES) {
    if (!rule.files.test(path) || rule.except?.test(path) === true) continue;
    for (const [index, line] of lines.entries()) if (rule.wrong.test(line)) found(rule.problem, index + 1);
  }
  if (TEXT.test(path) && text.includes("\r")) found("has CR in its line ends");
  if (TEXT.test(path) && text !== "" && !text.endsWith("\n")) found("does not end in a line feed");
  if (CODE.test(path) && lines.length - 1 > linesMax(path))
    found(`has more than ${String(linesMax(path))} lines`);
  if (path.endsWith(".lua") && !text.startsWith("--")) found("has no header that says what the script does");
  if (EMPTY_NAMES.test(basename(path).replace(/\..*$/, ""))) found("has a name that says nothing");
  if (path.endsWith(".md")) findings.push(...documentFindings(path, lines));
  return findings;
}

const ADR_STATUS = /^Date: \d{4}-\d\d-\d\d · Status: (?:proposed|accepted|superseded by \d{4})$/m;

function documentFindings(path: string, lines: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  const text = lines.join("\n");
  const outsideCode = text.replaceAll(/^```[\s\S]*?^```/gm, "");
  const titles = outsideCode.match(/^# /gm)?.length ?? 0;
  if (titles !== 1) findings.push({ at: path, problem: `has ${String(titles)} titles, not one` });
  if (/^packages\/[^/]+\/README\.md$/.test(path) && lines.length - 1 > 40) {
    findings.push({ at: path, problem: "has more than 40 lines" });
  }
  if (/^docs\/adr\/\d/.test(path) && !ADR_STATUS.test(text)) {
    findings.push({
      at: path,
      problem: "has no line `Date: … · Status: …` (proposed, accepted, superseded by NNNN)",
    });
  }
  return findings;
}

/** What is wrong between files. */
export function repositoryFindings(files: readonly SourceFile[]): readonly Finding[] {
  const paths = new Set(files.map((file) => file.path));
  const rooms = [...paths].filter((path) => /^packages\/[^/]+\/package\.json$/.test(path));
  const withoutReadme = rooms
    .map((path) => path.replace("package.json", "README.md"))
    .filter((path) => !paths.has(path))
    .map((path) => ({ at: path, problem: "is missing: what the room is for, its ports, its limits" }));
  return [...withoutReadme, ...reasonFindings(files), ...dependencyFindings(files)];
}

/** Every reason id has its entry in docs/operating/reasons.md, and every entry is one. */
function reasonFindings(files: readonly SourceFile[]): readonly Finding[] {
  const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? "";
  const page = "docs/operating/reasons.md";
  const wanted = new Set(
    REASON_SOURCES.flatMap(({ path, pattern }) =>
      [...textOf(path).matchAll(pattern)].map(([, id = ""]) => id),
    ),
  );
  const written = new Set([...textOf(page).matchAll(/^### `([a-z-]+)`$/gm)].map(([, id = ""]) => id));
  return [
    ...[...wanted]
      .filter((id) => !written.has(id))
      .map((id) => ({ at: page, problem: `has no entry for \`${id}\`` })),
    ...[...written]
      .filter((id) => !wanted.has(id))
      .map((id) => ({ at: page, problem: `explains \`${id}\`, which does not exist` })),
  ];
}

const REASON_SOURCES = [
  { path: "packages/protocol/src/fault.ts", pattern: /readonly fault: "([a-z-]+)"/g },
  { path: "packages/auth/src/refusal-reason.ts", pattern: /^ {2}\| "([a-z-]+)"/gm },
  { path: "packages/maildrop/src/delivery.ts", pattern: /readonly deliveryFault: "([a-z-]+)"/g },
  { path: "packages/delivery/src/refusal.ts", pattern: /^ {4}\| "([a-z-]+)"/gm },
  { path: "packages/maildrop/src/registry.ts", pattern: /readonly registryFault: "([a-z-]+)"/g },
  { path: "packages/operations/src/operation-fault.ts", pattern: /^ {2}\| "([a-z-]+)"/gm },
];

/** Every runtime dependency has its reason in docs/dependencies.md, and every line there is one. */
function dependencyFindings(files: readonly SourceFile[]): readonly Finding[] {
  const page = "docs/dependencies.md";
  const text = files.find((file) => file.path === page)?.text ?? "";
  const explained = new Set([...text.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name));
  const installed = new Set(
    files
      .filter(({ path }) => /^(?:packages|apps)\/(?!testkit\/)[^/]+\/package\.json$/.test(path))
      .flatMap((file) => /"dependencies": \{([^}]*)\}/.exec(file.text)?.[1]?.match(/"[^"]+"(?=:)/g) ?? [])
      .map((quoted) => quoted.slice(1, -1))
      .filter((name) => !name.startsWith("@poplar/")),
  );
  return [
    ...[...installed]
      .filter((name) => !explained.has(name))
      .map((name) => ({ at: page, problem: `has no \`${name}\`` })),
    ...[...explained]
      .filter((name) => !installed.has(name))
      .map((name) => ({ at: page, problem: `has \`${name}\`, which is not installed` })),
  ];
}

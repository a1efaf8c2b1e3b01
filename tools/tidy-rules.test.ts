import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { fileFindings, repositoryFindings } from "./tidy-rules.ts";

const problems = (path: string, text: string): readonly string[] =>
  fileFindings({ path, text }).map(({ at, problem }) => `${at} ${problem}`);

const REFUSED: readonly (readonly [what: string, path: string, text: string, problem: RegExp])[] = [
  [
    "white space at the end of a line",
    "packages/a/src/b.ts",
    "const a = 1; \n",
    /^packages\/a\/src\/b.ts:1 ends in white/,
  ],
  ["a line wider than 110 columns", "packages/a/src/b.ts", `// "${"x".repeat(108)}"\n`, /:1 is wider/],
  ["a path of one machine", "docs/a.md", "# A\n\nsee /root/x\n", /:3 names a path/],
  ["a task without its number", "packages/a/src/b.ts", "// TODO: later\n", /TODO without a number/],
  ["a reference without the sign", "packages/a/src/b.ts", "// RFC1939, login\n", /spells a reference/],
  ["a reference in small letters", "packages/a/src/b.ts", "// rfc 1939\n", /spells a reference/],
  ["CR", "packages/a/src/b.ts", "a\r\n", /has CR/],
  ["a file that ends within a line", "packages/a/src/b.ts", "a", /does not end/],
  ["a long file", "packages/a/src/b.ts", "a\n".repeat(401), /more than 400/],
  ["a long main", "apps/a/src/main.ts", "a\n".repeat(201), /more than 200/],
  ["a script without a header", "packages/a/lua/b.lua", "return 1\n", /no header/],
  ["a name that says nothing", "packages/a/src/utils.ts", "a\n", /says nothing/],
  ["a document with two titles", "docs/a.md", "# A\n\n# B\n", /2 titles/],
  ["a long README of a room", "packages/a/README.md", `# A\n${"\n".repeat(40)}`, /more than 40/],
  ["a decision without a status", "docs/adr/0001-a.md", "# 1\n", /no line `Date/],
];

for (const [what, path, text, problem] of REFUSED) {
  test(`tidy refuses ${what}`, () => {
    match(problems(path, text).join("\n"), problem);
  });
}

const ACCEPTED: readonly (readonly [what: string, path: string, text: string])[] = [
  ["a long literal", "packages/a/src/b.ts", `const a = "${"x".repeat(110)}";\n`],
  ["a media type", "packages/a/src/b.ts", 'const type = "message/rfc822";\n'],
  ["the name of a dialogue", "packages/a/src/b.ts", "// rfc1939-dele.pop\n"],
  ["a reference in its spelling", "packages/a/src/b.ts", "// RFC 1939 §5, RFC 2449 §6.6\n"],
  ["a task with its number", "packages/a/src/b.ts", "// TODO(#12)\n"],
  ["a heading within code", "docs/a.md", "# A\n\n```\n# not a title\n```\n"],
  ["a message with CR", "tests/a.eml", "a\r\n"],
  [
    "a decision with its status",
    "docs/adr/0001-a.md",
    "# 1\n\nDate: 2026-11-24 · Status: superseded by 0002\n",
  ],
];

for (const [what, path, text] of ACCEPTED) {
  test(`tidy accepts ${what}`, () => {
    deepEqual(problems(path, text), []);
  });
}

test("tidy compares reasons, dependencies and rooms with their documents", () => {
  const files = [
    { path: "packages/a/package.json", text: '{ "dependencies": { "@poplar/b": "*", "pg": "1.0.0" } }' },
    { path: "packages/protocol/src/fault.ts", text: '| { readonly fault: "busy" }' },
    { path: "docs/operating/reasons.md", text: "### `gone`\n" },
    { path: "docs/dependencies.md", text: "| `left` | a | b |\n" },
  ];
  deepEqual(
    repositoryFindings(files).map(({ at, problem }) => `${at} ${problem}`),
    [
      "packages/a/README.md is missing: what the room is for, its ports, its limits",
      "docs/operating/reasons.md has no entry for `busy`",
      "docs/operating/reasons.md explains `gone`, which does not exist",
      "docs/dependencies.md has no `pg`",
      "docs/dependencies.md has `left`, which is not installed",
    ],
  );
});

import { deepEqual, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { indexFindings, parseIndex, referencesIn, renderIndex } from "./rfc-index.ts";

const HEADER = "rfc\tsection\ttitle\tstatus\tcode\ttest\tnote";
const index = (...rows: readonly string[]): ReturnType<typeof parseIndex> =>
  parseIndex(`${[HEADER, ...rows].join("\n")}\n`);

test("references are found in each of their forms", () => {
  deepEqual(
    [...referencesIn("RFC 1939 §4, §5; RFC 2449 §6.6. RFC 2033 and RFC 4422 §A.")],
    ["RFC 1939 §4", "RFC 1939 §5", "RFC 2449 §6.6", "RFC 2033", "RFC 4422 §A"],
  );
});

test("a reference to a section that is not listed is found", () => {
  const files = [{ path: "a.ts", text: "// RFC 1939 §5, RFC 1939 §6, RFC 1939, RFC 2033 §4.2" }];
  deepEqual(indexFindings(index("1939\t5\tTRANSACTION\tNo"), files), [
    "a.ts: RFC 1939 §6 is not listed",
    "a.ts: RFC 2033 §4.2 is not listed",
  ]);
});

test("a document that is listed as a whole covers its sections", () => {
  const files = [{ path: "a.ts", text: "// RFC 2033 §4.2" }];
  deepEqual(indexFindings(index("2033\t\tLMTP\tYes\ta.ts\ta.ts"), files), []);
});

test("Yes needs a code file and a test that name the section", () => {
  const files = [
    { path: "a.ts", text: "// RFC 1939 §5" },
    { path: "a.test.ts", text: "" },
  ];
  const rows = index(
    "1939\t5\tTRANSACTION\tYes\ta.ts\ta.test.ts",
    "1939\t6\tUPDATE\tYes\tb.ts",
    "1939\t7\tOptional\tPartial",
  );
  deepEqual(indexFindings(rows, files), [
    "a.test.ts does not mention RFC 1939 §5",
    "RFC 1939 §6 names b.ts, which is not there",
    "RFC 1939 §6 says Yes without naming its code and its test",
  ]);
});

test("a section is listed once", () => {
  deepEqual(indexFindings(index("1939\t5\ta\tNo", "1939\t5\tb\tNo"), []), ["RFC 1939 §5 is listed twice"]);
});

test("what is not a row of the index is refused with its line", () => {
  throws(() => index("1939\t5\tTRANSACTION\tMaybe"), /line 2 is not a row/);
  throws(() => parseIndex("rfc\n"), /the first line/);
});

test("the page links each section to the standard, its code and its test", () => {
  const page = renderIndex(
    index("1939\t5\tTRANSACTION\tYes\ta/b.ts\ta/b.pop", "1939\t6\tUPDATE\tNo\t\t\tsoon"),
  );
  match(page, /\| \[RFC 1939 §5\]\(\S+1939\.html#section-5\) \| TRANSACTION \| Yes \|/);
  match(page, /\| \[b\.ts\]\(\.\.\/\.\.\/a\/b\.ts\) \| \[b\.pop\]/);
  match(page, /\| UPDATE \| No: soon \| {2}\| {2}\|/);
});

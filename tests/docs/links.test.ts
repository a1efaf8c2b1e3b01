import { deepStrictEqual, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";

const root = resolve(import.meta.dirname, "../..");

/** Every document of the repository. */
const documents = execFileSync(
  "git",
  ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
  {
    cwd: root,
    encoding: "utf8",
  },
)
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));

/** The links of a document, less those in code. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    ),
  );
}

/** Whether a link leads somewhere within the repository; what is elsewhere is not tried. */
function leadsSomewhere(document: string, link: string): boolean {
  if (/^(?:https?|mailto):/.test(link)) return true;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : join(dirname(document), path);
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined || !target.endsWith(".md")) return true;
  return anchorsOf(readFileSync(join(root, target), "utf8")).has(anchor);
}

test("every link of every document leads somewhere", () => {
  const broken = documents.flatMap((document) =>
    linksOf(readFileSync(join(root, document), "utf8"))
      .filter((link) => !leadsSomewhere(document, link))
      .map((link) => `${document}: ${link}`),
  );
  deepStrictEqual(broken, []);
});

test("every page of docs can be reached from its front page", () => {
  const reached = new Set(["docs/README.md"]);
  // A set that grows while it is walked is walked to its end.
  for (const document of reached) {
    for (const link of linksOf(readFileSync(join(root, document), "utf8"))) {
      const target = join(dirname(document), link.split("#")[0] ?? "");
      const page = documents.includes(target) ? target : join(target, "README.md");
      if (documents.includes(page)) reached.add(page);
    }
  }
  const pages = documents.filter((path) => path.startsWith("docs/"));
  ok(pages.length > 20);
  deepStrictEqual(
    pages.filter((page) => !reached.has(page)),
    [],
  );
});

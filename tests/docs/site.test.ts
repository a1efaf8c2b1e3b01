import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { runWell } from "../fixtures/run-program.ts";

const root = resolve(import.meta.dirname, "../..");
let site: string;
before(async () => {
  site = mkdtempSync(join(tmpdir(), "poplar-site-"));
  await runWell(process.execPath, [join(root, "tools/docs-site.ts"), "--out", site]);
});
after(() => rmSync(site, { recursive: true }));

const pages = (): string[] => globSync("**/*.html", { cwd: site });
const textOf = (page: string): string => readFileSync(join(site, page), "utf8");

test("every document has a page, with a title and the navigation", () => {
  ok(pages().length > 60);
  for (const page of pages()) {
    match(textOf(page), /<title>[^<]+ · Poplar<\/title>/, page);
    match(textOf(page), /<a href="[^"]*" aria-current="page">/, page);
  }
});

test("every link of the site leads to a page of it and to an anchor there", () => {
  const broken: string[] = [];
  for (const page of pages()) {
    for (const [, href = ""] of textOf(page).matchAll(/(?:href|src)="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(href)) continue;
      const [path = "", anchor] = href.split("#");
      const target = join(dirname(page), path);
      const isThere = existsSync(join(site, target));
      if (!isThere || (anchor !== undefined && !textOf(target).includes(` id="${anchor}"`))) {
        broken.push(`${page}: ${href}`);
      }
    }
  }
  deepStrictEqual(broken, []);
});

test("what looks like HTML in a document is text on its page", () => {
  for (const page of pages())
    ok(!/<(?:script|img|iframe)\b(?! src="(?:\.\.\/)*search\.js")/.test(textOf(page)), page);
});

test("the search finds a page by a word of it, the one with the word in its title first", () => {
  interface Item {
    href: string;
    textContent: string;
    appendChild: (item: Item) => Item;
    children: Item[];
  }
  const made = (): Item => {
    const children: Item[] = [];
    return { href: "", textContent: "", children, appendChild: (item) => (children.push(item), item) };
  };
  let found: Item[] = [];
  let type = (): void => undefined;
  const input = {
    value: "kerberos",
    dataset: { root: "../" },
    addEventListener: (_name: string, listener: () => void) => void (type = listener),
  };
  const document = {
    querySelector: (selector: string) =>
      selector === "#found" ? { replaceChildren: (...items: Item[]) => void (found = items) } : input,
    createElement: made,
  };
  runInContext(readFileSync(join(site, "search.js"), "utf8"), createContext({ document }));
  type();
  strictEqual(found[0]?.children[0]?.href, "../docs/operating/kerberos.html");
  input.value = "no such word anywhere in it";
  type();
  deepStrictEqual(found.length, 0);
});

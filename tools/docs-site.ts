/** Makes a site of all documents, if no link is broken: `node tools/docs-site.ts [--out FOLDER]`. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pageDocument, searchScript, styleSheet } from "./docs-site/layout.ts";
import { type Page, renderPage } from "./docs-site/page.ts";
import { repositoryFiles, root } from "./repository.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "site") } } });
const out = resolve(values.out);

const documents = repositoryFiles().filter(({ path }) => path.endsWith(".md"));
const sources = new Set(documents.map(({ path }) => path));
const pages = documents
  .toSorted((one, other) => (keyOf(one.path) < keyOf(other.path) ? -1 : 1))
  .map(({ path, text }) => renderPage(path, text, sources));
const broken = pages.flatMap((page) => brokenLinksOf(page).map((link) => `${page.source}: ${link}`));
for (const link of broken) console.log(`${link} leads nowhere`);
if (broken.length > 0) process.exitCode = 1;
else write();

/** By which pages are sorted: a folder's README, then the others by name. */
function keyOf(path: string): string {
  return path.replace(/README\.md$/, "");
}

function brokenLinksOf({ links }: Page): string[] {
  return links.filter((link) => {
    const [target, anchor] = link.split("#");
    const page = pages.find((one) => one.target === target);
    return page === undefined || (anchor !== undefined && !page.anchors.has(anchor));
  });
}

function write(): void {
  rmSync(out, { recursive: true, force: true });
  const files = new Map(pages.map((page) => [page.target, pageDocument(page, pages)]));
  files.set("site.css", styleSheet).set("search.js", searchScript(pages));
  for (const [name, text] of files) {
    const file = join(out, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  console.log(`${String(pages.length)} pages: ${join(out, "docs/index.html")}`);
}

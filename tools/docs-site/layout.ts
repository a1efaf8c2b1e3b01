import { dirname, relative } from "node:path";
import type { Page } from "./page.ts";

/** A part of the navigation: the pages whose documents lie in these places. */
interface Chapter {
  readonly title: string;
  readonly holds: (source: string) => boolean;
}

const CHAPTERS: readonly Chapter[] = [
  { title: "Poplar", holds: (source) => /^docs\/[^/]+\.md$/.test(source) },
  { title: "Operating", holds: (source) => /^docs\/operating\/[^/]+\.md$/.test(source) },
  { title: "Runbooks", holds: (source) => source.startsWith("docs/operating/runbooks/") },
  { title: "Standards and models", holds: (source) => /^docs\/(?:rfc|models)\//.test(source) },
  { title: "Decisions", holds: (source) => source.startsWith("docs/adr/") },
  { title: "The repository", holds: (source) => !source.startsWith("docs/") },
];

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The whole HTML of a page. */
export function pageDocument(page: Page, pages: readonly Page[]): string {
  const to = (target: string): string =>
    escaped(relative(dirname(page.target), target).replaceAll("\\", "/"));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(page.title)} · Poplar</title>
<link rel="stylesheet" href="${to("site.css")}">
<nav>
<p><a href="${to("docs/index.html")}">Poplar</a></p>
<input type="search" placeholder="Search" aria-label="Search" data-root="${rootOf(page.target)}">
<ul id="found"></ul>
${CHAPTERS.map((chapter) => chapterList(chapter, page, pages, to)).join("\n")}
</nav>
<main>
${page.html}</main>
<script src="${to("search.js")}"></script>
</html>
`;
}

/** The way from a page to the root of the site. */
const rootOf = (target: string): string => "../".repeat(target.split("/").length - 1);

function chapterList(
  { title, holds }: Chapter,
  page: Page,
  pages: readonly Page[],
  to: (target: string) => string,
): string {
  const own = pages.filter(({ source }) => holds(source));
  const lines = own.map((one) => {
    const current = one === page ? ' aria-current="page"' : "";
    return `<li><a href="${to(one.target)}"${current}>${escaped(one.title)}</a>`;
  });
  const isOpen = own.includes(page) || title === "Poplar" ? " open" : "";
  return `<details${isOpen}><summary>${title}</summary>\n<ul>\n${lines.join("\n")}\n</ul>\n</details>`;
}

/** Looks through the text of all pages: they are few. Works without a server, too. */
export const searchScript = (pages: readonly Page[]): string => `const pages = ${JSON.stringify(
  pages.map(({ target, title, text }) => ({ target, title, text: text.toLowerCase() })),
)};
const input = document.querySelector("input[type=search]");
const found = document.querySelector("#found");
input.addEventListener("input", () => {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const rank = ({ title, text }) =>
    words.reduce((sum, word) =>
      sum + (title.toLowerCase().includes(word) ? 100 : 0) + text.split(word).length - 1, 0);
  const hits = words.length === 0 ? [] : pages.filter(({ title, text }) =>
    words.every((word) => text.includes(word) || title.toLowerCase().includes(word)));
  const best = hits.toSorted((a, b) => rank(b) - rank(a)).slice(0, 20);
  found.replaceChildren(...best.map(({ target, title }) => {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = input.dataset.root + target;
    link.textContent = title;
    return item;
  }));
});
`;

export const styleSheet = `:root { color-scheme: light dark; }
:root { --line: color-mix(in srgb, currentColor 20%, transparent); }
body { margin: 0; display: grid; grid-template-columns: 18rem minmax(0, 1fr); }
body { font: 16px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; box-sizing: border-box; }
nav { border-right: 1px solid var(--line); padding: 1rem; font-size: 0.9rem; }
nav ul { list-style: none; margin: 0.2rem 0 0.6rem; padding-left: 0.8rem; }
nav summary { font-weight: 600; cursor: pointer; }
nav a { text-decoration: none; }
nav [aria-current] { font-weight: 600; }
input { width: 100%; box-sizing: border-box; font: inherit; padding: 0.3rem; }
main { padding: 1rem 2rem 4rem; max-width: 60rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: 0.8rem; border: 1px solid var(--line); border-radius: 4px; }
code { font: 0.9em ui-monospace, monospace; }
@media (max-width: 50rem) { body { display: block; } nav { height: auto; position: static; border: 0; } }
`;

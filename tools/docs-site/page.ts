import { dirname, posix, relative } from "node:path";
import MarkdownIt, { type Token } from "markdown-it";

/** A document of the repository, as a page. */
export interface Page {
  /** Of the document, from the root of the repository. */
  readonly source: string;
  /** Of the page, from the root of the site. */
  readonly target: string;
  readonly title: string;
  /** What stands between the navigation and the end. */
  readonly html: string;
  /** For the search: without marks, on one line. */
  readonly text: string;
  readonly anchors: ReadonlySet<string>;
  /** Links to pages, e.g. `docs/install.html#redis`. */
  readonly links: readonly string[];
}

/** Where a document's page lies: a README is the front page of its folder. */
export const targetOf = (source: string): string =>
  source.replace(/README\.md$/, "index.html").replace(/\.md$/, ".html");

/** The anchor of a heading, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

/**
 * Makes a page of a document.
 *
 * @param sources what has a page; a link to anything else, such as a source file, becomes its path.
 */
export function renderPage(source: string, markdown: string, sources: ReadonlySet<string>): Page {
  // No HTML of its own: what a document says is text.
  const writer = new MarkdownIt({ html: false });
  const tokens = writer.parse(markdown, {});
  const target = targetOf(source);
  const anchors = new Set<string>();
  const links: string[] = [];
  let title = source;
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const heading = textOf(tokens[index + 1]);
      const anchor = anchorOf(heading);
      anchors.add(anchor);
      token.attrSet("id", anchor);
      if (token.tag === "h1") title = heading;
    }
    for (const inner of token.children ?? []) {
      if (inner.type !== "link_open") continue;
      const link = linkOf(String(inner.attrGet("href") ?? ""), source, sources);
      if (link === undefined) continue;
      if ("page" in link) {
        links.push(link.page);
        inner.attrSet(
          "href",
          relative(dirname(target), link.page).replaceAll("\\", "/") || posix.basename(target),
        );
      } else {
        // Not part of the site: its place in the repository.
        inner.attrs = [["title", link.file]];
      }
    }
  }
  const text = tokens.map(textOf).filter(Boolean).join(" ").replaceAll(/\s+/g, " ");
  return {
    source,
    target,
    title,
    html: writer.renderer.render(tokens, writer.options, {}),
    text,
    anchors,
    links,
  };
}

type Link = { readonly page: string } | { readonly file: string };

/** What a link of a document leads to; `undefined` for other sites. */
function linkOf(href: string, source: string, sources: ReadonlySet<string>): Link | undefined {
  if (/^[a-z]+:/i.test(href)) return undefined;
  const [path = "", anchor] = href.split("#");
  const place = path === "" ? source : posix.join(posix.dirname(source), decodeURI(path));
  const document = [place, posix.join(place, "README.md")].find((name) => sources.has(name));
  if (document === undefined) return { file: place };
  return { page: targetOf(document) + (anchor === undefined ? "" : `#${anchor}`) };
}

function textOf(token: Token | undefined): string {
  if (token === undefined) return "";
  if (token.children === null) return token.content;
  return token.children.map((child) => (child.type.endsWith("break") ? " " : child.content)).join("");
}

/** A piece of XML that is well-formed. */
export interface Xml {
  readonly xml: string;
}

/** What an element may hold; text is escaped. */
export type XmlContent = Xml | string | number;

/** One element. Names come from our own code, never from a request. */
export function element(name: string, ...content: readonly XmlContent[]): Xml {
  return elementWith(name, {}, ...content);
}

/** One element with attributes, whose values are escaped. */
export function elementWith(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...content: readonly XmlContent[]
): Xml {
  const start = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const inner = content.map((part) => (typeof part === "object" ? part.xml : escaped(String(part))));
  return { xml: `<${name}${start.join("")}>${inner.join("")}</${name}>` };
}

/** A whole document. */
export const xmlDocument = (root: Xml, doctype = ""): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${doctype}${root.xml}\n`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // Otherwise a reader makes a line feed or a blank of them.
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};

// oxlint-disable-next-line no-control-regex -- what XML 1.0 §2.2 has no place for, escaped or not
const impossible = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(impossible, "\ufffd")
    .replaceAll(/[&<>"'\r\n\t]/g, (character) => entities[character] ?? character);

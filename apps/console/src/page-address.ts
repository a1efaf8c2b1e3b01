/** Which page is meant, and what it is about; both are empty when the address says nothing. */
export interface PageAddress {
  readonly path: string;
  readonly subject: string;
}

/** The address of a page. */
export const linkTo = (path: string, subject = ""): string =>
  subject === "" ? `#/${path}` : `#/${path}/${encodeURIComponent(subject)}`;

/** Reads the part of an address from the `#` on. Somebody may have typed it. */
export function addressIn(hash: string): PageAddress {
  const [, path = "", subject = ""] = hash.split("/");
  return { path, subject: decoded(subject) };
}

/** What was typed may be no encoding at all. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

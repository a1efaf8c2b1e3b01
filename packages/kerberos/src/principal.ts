/** A Kerberos principal, taken apart. RFC 4120 §6.2; the escapes are those of krb5_unparse_name. */
export interface Principal {
  readonly components: readonly string[];
  readonly realm: string;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b", "0": "\0" };

/**
 * Takes the full text of a principal apart.
 *
 * @returns `undefined` without a realm, or when it is malformed.
 */
export function parsePrincipal(text: string): Principal | undefined {
  const parts: string[] = [""];
  let realmFrom: number | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === "\\") {
      at += 1;
      const escaped = text.charAt(at);
      if (escaped === "") return undefined;
      parts.push(`${parts.pop() ?? ""}${Object.hasOwn(ESCAPES, escaped) ? ESCAPES[escaped] : escaped}`);
    } else if (sign === "@") {
      if (realmFrom !== undefined) return undefined;
      realmFrom = parts.push("") - 1;
    } else if (sign === "/" && realmFrom === undefined) {
      parts.push("");
    } else {
      parts.push(`${parts.pop() ?? ""}${sign}`);
    }
  }
  const realm = realmFrom === undefined ? "" : (parts[realmFrom] ?? "");
  return realm === "" ? undefined : { components: parts.slice(0, realmFrom), realm };
}

/** Puts a principal together as krb5_unparse_name does. */
export function formatPrincipal({ components, realm }: Principal): string {
  return `${components.map(escape).join("/")}@${escape(realm)}`;
}

const escape = (text: string): string =>
  text.replace(/[\\/@\n\t\b\0]/g, (sign) => {
    const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === sign);
    return `\\${letter ?? sign}`;
  });

/** Is this the principal of a POP service, `pop/host@REALM`? RFC 5034 §4, RFC 4752 §3. */
export function isOurService(principal: string): boolean {
  const components = parsePrincipal(principal)?.components;
  return components?.length === 2 && components[0] === "pop";
}

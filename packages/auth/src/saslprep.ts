import { saslprep } from "@mongodb-js/saslprep";

/** Printable ASCII is prepared as it is. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * Prepares a name or a password for comparison, as a query: code points that Unicode 3.2 did not know may
 * stand in it. RFC 4013, RFC 3454 §7.
 *
 * @returns `undefined` for text that SASLprep prohibits.
 */
export function prepared(text: string): string | undefined {
  if (PRINTABLE_ASCII.test(text)) return text;
  try {
    return saslprep(text, { allowUnassigned: true });
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The forms in which a password may have been stored: as the client sent it, and prepared by SASLprep where
 * that makes a difference. Old clients send Latin-1, which is no UTF-8 and stays as it is.
 */
export function passwordForms(octets: Uint8Array): readonly [Uint8Array, ...Uint8Array[]] {
  if (octets.every((octet) => octet < 0x80)) return [octets];
  const text = decoded(octets);
  const form = text === undefined ? undefined : prepared(text);
  return form === undefined || form === "" || form === text ? [octets] : [octets, Buffer.from(form)];
}

/** Octets as text; `undefined` for what is no UTF-8. */
export function decoded(octets: Uint8Array): string | undefined {
  try {
    return UTF8.decode(octets);
  } catch {
    return undefined;
  }
}

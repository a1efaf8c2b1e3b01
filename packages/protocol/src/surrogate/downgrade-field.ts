import { downgradeAddresses, downgradePath } from "./address-list.ts";
import { isAscii, isAsciiOctets, unfolded } from "./ascii.ts";
import { encodeWords } from "./encoded-words.ts";
import { boundaryOf, exciseParameters } from "./mime-parameters.ts";

type Downgrade = (value: string) => string | undefined;

/** RFC 6858 §2.3. */
const downgradeText: Downgrade = (value) => ` ${encodeWords(unfolded(value))}`;

const ADDRESSES: readonly string[] = [
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "resent-from",
  "resent-sender",
  "resent-to",
  "resent-cc",
  "resent-bcc",
];

/**
 * Fields that can be shown with a change. RFC 6858 §2.1–§2.3 names them all but two: Comments and
 * Content-Description are text and nothing else, as Subject is (RFC 5322 §3.6.5, RFC 2045 §8), and encoding
 * them loses nothing.
 */
const DOWNGRADES: ReadonlyMap<string, Downgrade> = new Map<string, Downgrade>([
  ...ADDRESSES.map((name) => [name, downgradeAddresses] as const),
  ["return-path", downgradePath],
  ["content-type", exciseParameters],
  ["content-disposition", exciseParameters],
  ["subject", downgradeText],
  ["comments", downgradeText],
  ["content-description", downgradeText],
]);

/**
 * A header field as a client that knows ASCII only may see it; `undefined`: not at all. RFC 6858 §2, §2.4.
 *
 * @param field from its name to its last CRLF, folded as it came.
 */
export function downgradeField(field: Uint8Array): Uint8Array | undefined {
  if (isAsciiOctets(field)) return field;
  const { name, value } = partsOf(field);
  const downgraded = DOWNGRADES.get(name.toLowerCase())?.(value);
  if (downgraded === undefined || !isAscii(downgraded)) return undefined;
  return new TextEncoder().encode(`${name}:${downgraded}\r\n`);
}

/** What parts the body, if this field is a Content-Type that says so. */
export function boundaryIn(field: Uint8Array): string | undefined {
  const { name, value } = partsOf(field);
  return name.toLowerCase() === "content-type" ? boundaryOf(value) : undefined;
}

function partsOf(field: Uint8Array): { readonly name: string; readonly value: string } {
  const text = new TextDecoder().decode(field);
  const colon = text.indexOf(":");
  if (colon === -1) return { name: "", value: text };
  return { name: text.slice(0, colon).trimEnd(), value: text.slice(colon + 1).replace(/\r?\n$/, "") };
}

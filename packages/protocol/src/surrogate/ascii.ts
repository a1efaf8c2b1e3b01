/** No character, or octet, beyond ASCII in it. */
export const isAscii = (text: string): boolean => !/[\u0080-\uffff]/.test(text);

/** The same of octets. */
export function isAsciiOctets(octets: Uint8Array): boolean {
  for (let at = 0; at < octets.length; at += 1) if ((octets[at] ?? 0) >= 0x80) return false;
  return true;
}

/** Text of a field on one line, without what no encoded-word should carry. RFC 5322 §2.2.3. */
export const unfolded = (text: string): string =>
  text
    .replace(/\r\n(?=[ \t])/g, "")
    .replace(/\p{Cc}+/gu, " ")
    .trim();

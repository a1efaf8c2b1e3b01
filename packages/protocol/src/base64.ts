const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 0x3d;

/** No digit: every bit that a digit's value has is clear, and one that none has is set. */
const ALIEN = 0x40;

const VALUES: Uint8Array = new Uint8Array(256).fill(ALIEN);
for (let value = 0; value < ALPHABET.length; value += 1) VALUES[ALPHABET.charCodeAt(value)] = value;

/**
 * Base64 to octets, strictly: padding in full, no alien character, no bits left over. RFC 4648 §3, §4.
 *
 * @returns `undefined` for what is not base64; no octets for no text.
 */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  const { length } = text;
  if (length % 4 !== 0) return undefined;
  if (length === 0) return new Uint8Array(0);
  const padding = text[length - 1] !== PAD ? 0 : text[length - 2] === PAD ? 2 : 1;
  const octets = new Uint8Array((length / 4) * 3 - padding);
  const digits = length - padding;
  let seen = 0;
  let to = 0;
  let bits = 0;
  for (let at = 0; at < digits; at += 1) {
    const value = VALUES[text[at] ?? PAD] ?? ALIEN;
    seen |= value;
    bits = (bits << 6) | value;
    if (at % 4 === 0) continue;
    octets[to] = bits >> (6 - 2 * (at % 4));
    to += 1;
  }
  const leftOver = padding === 0 ? 0 : bits & (padding === 1 ? 0b11 : 0b1111);
  return seen < ALIEN && leftOver === 0 ? octets : undefined;
}

/** Octets to base64, padded. RFC 4648 §4. */
export function encodeBase64(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 3) {
    const group = ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0);
    const left = octets.length - at;
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 0x3f);
    text += left > 1 ? ALPHABET.charAt((group >> 6) & 0x3f) : "=";
    text += left > 2 ? ALPHABET.charAt(group & 0x3f) : "=";
  }
  return text;
}

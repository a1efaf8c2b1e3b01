import { createHash } from "node:crypto";

/** The four words of MD5 between two blocks. RFC 1321 §3.3. */
type Words = readonly [number, number, number, number];

const BLOCK_OCTETS = 64;
const START: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

/** RFC 1321 §3.4: the integer parts of 4294967296 × |sin(i)|, and the rotations of each round. */
const SINES: Uint32Array = Uint32Array.from({ length: 64 }, (_, index) =>
  Math.floor(2 ** 32 * Math.abs(Math.sin(index + 1))),
);
const ROTATIONS: readonly (readonly number[])[] = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];

/**
 * What HMAC-MD5 knows after its key and before its text: enough to answer CRAM-MD5, not enough to tell the
 * password. Dovecot stores it as `{CRAM-MD5}`: the outer words, then the inner ones, little-endian. RFC 2104
 * §4.
 */
export function hmacMd5State(key: Uint8Array): Uint8Array {
  const short = key.length > BLOCK_OCTETS ? createHash("md5").update(key).digest() : key;
  const block = (pad: number): Uint8Array =>
    Uint8Array.from({ length: BLOCK_OCTETS }, (_, index) => (short[index] ?? 0) ^ pad);
  return Buffer.concat([octetsOf(compress(START, block(0x5c))), octetsOf(compress(START, block(0x36)))]);
}

/** Goes on from such a state. @throws RangeError when it has not 32 octets. */
export function hmacMd5From(state: Uint8Array, text: Uint8Array): Uint8Array {
  if (state.length !== 32) throw new RangeError("a state of HMAC-MD5 has 32 octets");
  return finish(wordsOf(state, 0), finish(wordsOf(state, 16), text));
}

/** Hashes what follows one block. RFC 1321 §3.1, §3.2. */
function finish(start: Words, text: Uint8Array): Uint8Array {
  const octets = BLOCK_OCTETS + text.length;
  const padded = new Uint8Array(Math.ceil((text.length + 9) / BLOCK_OCTETS) * BLOCK_OCTETS);
  padded.set(text);
  padded[text.length] = 0x80;
  const length = new DataView(padded.buffer, padded.length - 8);
  length.setUint32(0, (octets * 8) >>> 0, true);
  length.setUint32(4, Math.floor((octets * 8) / 2 ** 32), true);
  let words = start;
  for (let at = 0; at < padded.length; at += BLOCK_OCTETS) {
    words = compress(words, padded.subarray(at, at + BLOCK_OCTETS));
  }
  return octetsOf(words);
}

/** One block. RFC 1321 §3.4. `node:crypto` has no way to begin in the middle. */
function compress(words: Words, block: Uint8Array): Words {
  const input = new DataView(block.buffer, block.byteOffset, BLOCK_OCTETS);
  let [a, b, c, d] = words;
  for (let step = 0; step < 64; step += 1) {
    const round = step >> 4;
    const { mix, at } = mixOf(round, step, [b, c, d]);
    const sum = (a + mix + (SINES[step] ?? 0) + input.getUint32(at * 4, true)) >>> 0;
    const by = ROTATIONS[round]?.[step % 4] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << by) | (sum >>> (32 - by)))) >>> 0];
  }
  return [(words[0] + a) >>> 0, (words[1] + b) >>> 0, (words[2] + c) >>> 0, (words[3] + d) >>> 0];
}

/** The function of a round, and which word of the block it takes. */
function mixOf(round: number, step: number, [x, y, z]: readonly [number, number, number]) {
  switch (round) {
    case 0:
      return { mix: (x & y) | (~x & z), at: step };
    case 1:
      return { mix: (x & z) | (y & ~z), at: (5 * step + 1) % 16 };
    case 2:
      return { mix: x ^ y ^ z, at: (3 * step + 5) % 16 };
    default:
      return { mix: y ^ (x | ~z), at: (7 * step) % 16 };
  }
}

function octetsOf(words: Words): Uint8Array {
  const octets = new Uint8Array(16);
  const output = new DataView(octets.buffer);
  for (const [index, word] of words.entries()) output.setUint32(index * 4, word, true);
  return octets;
}

function wordsOf(octets: Uint8Array, from: number): Words {
  const input = new DataView(octets.buffer, octets.byteOffset + from, 16);
  return [
    input.getUint32(0, true),
    input.getUint32(4, true),
    input.getUint32(8, true),
    input.getUint32(12, true),
  ];
}

const LF = 0x0a;

/** Of a line that does not end: what is handed on at once. */
const pieceOctets = 64 * 1024;

/** A line with its end, or a piece of a long one. */
export interface LinePiece {
  readonly octets: Uint8Array;
  readonly isLineStart: boolean;
}

/** Cuts what streams into lines; keeps no more of it than a piece. */
export async function* linePieces(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<LinePiece, void, undefined> {
  let held: Uint8Array = new Uint8Array(0);
  let isLineStart = true;
  for await (const chunk of source) {
    const octets = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let from = 0;
    for (let end = octets.indexOf(LF); end !== -1; end = octets.indexOf(LF, from)) {
      yield { octets: octets.subarray(from, end + 1), isLineStart };
      isLineStart = true;
      from = end + 1;
    }
    held = octets.subarray(from);
    if (held.length < pieceOctets) continue;
    yield { octets: held, isLineStart };
    isLineStart = false;
    held = new Uint8Array(0);
  }
  if (held.length > 0) yield { octets: held, isLineStart };
}

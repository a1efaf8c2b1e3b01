import type { WireContent } from "@poplar/maildrop";
import type { Lane } from "./lane/lane.ts";
import { byteaArray } from "./lane/value.ts";
import { chunkOctetsMax } from "./limits.ts";
import { insertChunks, insertFirstChunks } from "./statements.ts";

/** Where the body of one copy goes, and what stands before the common content. */
export interface BodyPlace {
  readonly maildropId: number;
  readonly bodyId: number;
  readonly traceHeader: Uint8Array;
}

/** Chunks sent in one statement: 256 KB of octets lie in memory, whatever the size of the message. */
const batchChunks = 32;

/**
 * Writes the bodies of all copies in one reading of the content.
 *
 * Only the first chunk, which holds the trace header, is each copy's own; the others are sent once for all of
 * them.
 */
export async function writeBodies(
  lane: Lane,
  places: readonly BodyPlace[],
  content: WireContent,
): Promise<void> {
  const traceOctetsMax = Math.max(...places.map((place) => place.traceHeader.length));
  if (traceOctetsMax > chunkOctetsMax) throw new RangeError("a trace header is longer than a chunk");
  const maildropIds = places.map((place) => place.maildropId);
  const bodyIds = places.map((place) => place.bodyId);
  let batch: Uint8Array[] = [];
  let seq = 0;
  const send = async (isEnd: boolean): Promise<void> => {
    const seqs = batch.map((_, index) => seq - batch.length + index);
    const lastSeq = isEnd ? seq - 1 : -1;
    const chunks = byteaArray(batch);
    batch = [];
    await lane.run(insertChunks, [maildropIds, bodyIds, seqs, chunks, lastSeq]);
  };
  for await (const { octets, isLast } of chunksOf(content, chunkOctetsMax - traceOctetsMax)) {
    if (seq === 0) await writeFirstChunks(lane, places, { octets, isLast });
    else batch.push(octets);
    seq += 1;
    if (batch.length > 0 && (isLast || batch.length === batchChunks)) await send(isLast);
  }
}

interface Chunk {
  readonly octets: Uint8Array;
  readonly isLast: boolean;
}

async function writeFirstChunks(lane: Lane, places: readonly BodyPlace[], first: Chunk): Promise<void> {
  for (let at = 0; at < places.length; at += batchChunks) {
    const group = places.slice(at, at + batchChunks);
    await lane.run(insertFirstChunks, [
      group.map((place) => place.maildropId),
      group.map((place) => place.bodyId),
      byteaArray(group.map((place) => Buffer.concat([place.traceHeader, first.octets]))),
      first.isLast,
    ]);
  }
}

/**
 * The content in chunks: a first one of at most `firstOctets`, then full ones. There is always one, maybe
 * empty.
 */
async function* chunksOf(content: WireContent, firstOctets: number): AsyncGenerator<Chunk> {
  let chunk = Buffer.allocUnsafe(firstOctets);
  let filled = 0;
  for await (const slice of content.slices()) {
    let taken = 0;
    while (taken < slice.length) {
      if (filled === chunk.length) {
        yield { octets: chunk, isLast: false };
        chunk = Buffer.allocUnsafe(chunkOctetsMax);
        filled = 0;
      }
      const part = slice.subarray(taken, taken + chunk.length - filled);
      chunk.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield { octets: chunk.subarray(0, filled), isLast: true };
}

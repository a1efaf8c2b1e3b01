import { isAscii } from "node:buffer";
import type { DeliveryCopy, WireContent } from "@poplar/maildrop";
import { SurrogateMeter } from "@poplar/protocol";

/** What is found out about a message that was declared internationalised. RFC 6531 §3.4. */
export interface Measured {
  /** It is so: there is something in the header, or in that of a part, that has to be replaced. */
  readonly isInternationalised: boolean;
  /** With the lengths of their surrogates. */
  readonly copies: readonly DeliveryCopy[];
}

/**
 * Octets that are read again for copies whose trace header goes on in the content: as many as others are not
 * held up by. Of more than that nobody knows the lengths yet, until a maildrop is listed.
 */
const readAgainOctetsMax = 1024 * 1024;

/**
 * Counts how long the surrogates of the copies will be, so that listing and sending them needs no look at
 * them. Reads the content once: where no field goes on from the trace header into it, lengths add up.
 */
export async function measureSurrogates(
  copies: readonly DeliveryCopy[],
  content: WireContent,
): Promise<Measured> {
  const meter = new SurrogateMeter();
  for await (const slice of content.slices()) meter.take(slice);
  const octets = meter.finish();
  const beginsWithBlank = await isFirstOctetBlank(content);
  let isChanged = meter.isChanged;
  if (beginsWithBlank && copies.length * content.wireOctets > readAgainOctetsMax) {
    return {
      isInternationalised: isChanged || !copies.every(({ traceHeader }) => isAscii(traceHeader)),
      copies,
    };
  }
  const measured: DeliveryCopy[] = [];
  for (const copy of copies) {
    const own = new SurrogateMeter();
    own.take(copy.traceHeader);
    if (beginsWithBlank) for await (const slice of content.slices()) own.take(slice);
    const ownOctets = own.finish();
    isChanged ||= own.isChanged;
    measured.push({ ...copy, surrogateOctets: beginsWithBlank ? ownOctets : ownOctets + octets });
  }
  return { isInternationalised: isChanged, copies: isChanged ? measured : copies };
}

async function isFirstOctetBlank(content: WireContent): Promise<boolean> {
  for await (const slice of content.slices()) {
    if (slice.length > 0) return slice[0] === 0x20 || slice[0] === 0x09;
  }
  return false;
}

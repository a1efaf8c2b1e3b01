import type { MaildropId } from "@poplar/maildrop";
import { isFault, SurrogateMeter } from "@poplar/protocol";
import { BodyReader, type BodySource } from "./body-reader.ts";
import type { Lanes } from "./lane/lanes.ts";
import { windowChunks } from "./limits.ts";
import { SlabPool } from "./slab-pool.ts";
import { keepSurrogateOctets, lockMaildrops } from "./statements.ts";
import { WindowReader } from "./window-reader.ts";

/** Measured in one go; the rest when the maildrop is listed anew, which that makes happen. */
const messagesMax = 50;

const KEEP_NOTHING: Omit<BodySource, "lanes"> = {
  kept: { has: () => false, get: () => undefined, set: () => {} },
  slabs: new SlabPool(0),
};

/**
 * Measures surrogates of messages that came in before lengths were kept, or lost theirs, behind the back of
 * the session that has found them: it is refused these messages, and the next one is not. RFC 6858.
 */
export class SurrogateLengths {
  readonly #lanes: Pick<Lanes, "bodies" | "writes">;
  readonly #underWay = new Set<MaildropId>();

  constructor(lanes: Pick<Lanes, "bodies" | "writes">) {
    this.#lanes = lanes;
  }

  /** Returns at once. Where the store fails, the next listing brings the messages here again. */
  measure(maildropId: MaildropId, uids: readonly number[]): void {
    if (uids.length === 0 || this.#underWay.has(maildropId)) return;
    this.#underWay.add(maildropId);
    this.#measure(maildropId, uids.slice(0, messagesMax))
      .catch(() => undefined)
      .finally(() => this.#underWay.delete(maildropId));
  }

  async #measure(maildropId: MaildropId, uids: readonly number[]): Promise<void> {
    const bodies = new BodyReader({ ...KEEP_NOTHING, lanes: this.#lanes.bodies }, maildropId);
    const lengths: { readonly uid: number; readonly octets: number }[] = [];
    for (const uid of uids) {
      const octets = await surrogateOctetsOf(bodies, uid);
      if (octets !== undefined) lengths.push({ uid, octets });
    }
    if (lengths.length === 0) return;
    await this.#lanes.writes.transact(async (lane) => {
      await lane.run(lockMaildrops, [[maildropId]]);
      const values = [maildropId, lengths.map(({ uid }) => uid), lengths.map(({ octets }) => octets)];
      await lane.run(keepSurrogateOctets, values);
    });
  }
}

/** `undefined` for a message that has gone, or is out of reach. */
async function surrogateOctetsOf(bodies: BodyReader, uid: number): Promise<number | undefined> {
  const first = await bodies.firstWindowElsewhere(uid, windowChunks);
  if (isFault(first)) return undefined;
  const reader = new WindowReader(bodies, first, true);
  const meter = new SurrogateMeter();
  for (;;) {
    const window = await reader.next();
    if (window === undefined) return meter.finish();
    if (isFault(window)) return undefined;
    meter.take(window);
  }
}

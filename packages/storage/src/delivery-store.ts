import type {
  Delivery,
  DeliveryCopy,
  DeliveryFault,
  DeliveryStore,
  ImportedAs,
  MaildropId,
  ResolvedRecipient,
  WireContent,
} from "@poplar/maildrop";
import { isDeliveryFault } from "@poplar/maildrop";
import { addressOf, candidatesFor } from "./address.ts";
import { type BodyPlace, writeBodies } from "./body-writer.ts";
import type { Lane } from "./lane/lane.ts";
import type { Lanes } from "./lane/lanes.ts";
import { booleanAt, isNull, numberAt, type Row, textArray } from "./lane/value.ts";
import {
  countDelivered,
  deleteBodies,
  findUsedUniqueIds,
  insertImported,
  insertMessages,
  lockMaildrops,
  lookAtMaildrops,
  reserveBodyIds,
  resolveRecipient,
} from "./statements.ts";

/** Content beyond this is written before the maildrops are locked, so that nobody waits meanwhile. */
const contentOctetsUnderLockMax = 512 * 1024;

/** A copy that has its place. */
interface Placed {
  readonly copy: DeliveryCopy;
  readonly uid: number;
  readonly bodyId: number;
}

/** A maildrop as it stands under the lock. */
interface Room {
  nextUid: number;
  octets: number;
  readonly quotaOctets: number;
  messagesAdded: number;
  octetsAdded: number;
}

/** Takes mail into Postgres. */
export class PostgresDeliveryStore implements DeliveryStore {
  readonly #lanes: Pick<Lanes, "lookups" | "writes">;

  constructor(lanes: Pick<Lanes, "lookups" | "writes">) {
    this.#lanes = lanes;
  }

  async resolveRecipient(recipient: string): Promise<ResolvedRecipient | DeliveryFault> {
    const address = addressOf(recipient);
    if (address === undefined) return { deliveryFault: "unknown-recipient" };
    try {
      const localParts = textArray(candidatesFor(address));
      const [row] = await this.#lanes.lookups.run(resolveRecipient, [address.domain, localParts]);
      if (row === undefined) return { deliveryFault: "unknown-recipient" };
      if (booleanAt(row, 1)) return { deliveryFault: "over-quota" };
      return { recipient, maildropId: numberAt(row, 0) };
    } catch (error) {
      return { deliveryFault: "storage-down", cause: error };
    }
  }

  async deliver(delivery: Delivery): Promise<readonly (number | DeliveryFault)[]> {
    try {
      return await this.#lanes.writes.transact(async (lane) => store(lane, delivery));
    } catch (error) {
      return delivery.copies.map(() => ({ deliveryFault: "storage-down", cause: error }));
    }
  }
}

async function store(lane: Lane, delivery: Delivery): Promise<readonly (number | DeliveryFault)[]> {
  const { copies, content } = delivery;
  const isBig = content.wireOctets > contentOctetsUnderLockMax;
  const reserved = isBig ? await writeAhead(lane, delivery) : undefined;
  const rooms = roomsOf(await lane.run(lockMaildrops, [idsOf(copies)]));
  // Asked under the lock: two that import the same at once do not both find it new.
  const isUsed = await isUniqueIdUsed(lane, delivery);
  const outcomes = copies.map((copy) =>
    isUsed ? ({ deliveryFault: "unique-id-used" } as const) : place(copy, rooms, content),
  );
  const placed = outcomes.flatMap((outcome, index): Placed[] => {
    const copy = copies[index];
    if (isDeliveryFault(outcome) || copy === undefined) return [];
    return [{ copy, uid: outcome, bodyId: reserved?.get(copy)?.bodyId ?? outcome }];
  });
  if (placed.length > 0) await write(lane, { delivery, placed, rooms, isBodyWritten: isBig });
  if (reserved !== undefined) await forgetRefused(lane, reserved, placed);
  return outcomes;
}

async function isUniqueIdUsed(lane: Lane, { copies, imported }: Delivery): Promise<boolean> {
  const [copy, another] = copies;
  if (imported === undefined || copy === undefined) return false;
  if (another !== undefined) throw new RangeError("what is imported goes to one maildrop");
  const { maildropId } = copy.resolved;
  const used = await lane.run(findUsedUniqueIds, [maildropId, textArray([imported.uniqueId])]);
  return used.length > 0;
}

/** Where the bodies lie that were written before their messages had uids. */
type Reserved = ReadonlyMap<DeliveryCopy, BodyPlace>;

/** Writes a big body without holding a maildrop: under numbers of its own. */
async function writeAhead(lane: Lane, { copies, content }: Delivery): Promise<Reserved> {
  const rooms = roomsOf(await lane.run(lookAtMaildrops, [idsOf(copies)]));
  // Only a first look, to write nothing in vain; the look under the lock decides.
  const likely = copies.filter((copy) => !isDeliveryFault(place(copy, rooms, content)));
  const ids = await lane.run(reserveBodyIds, [likely.length]);
  const places = new Map<DeliveryCopy, BodyPlace>();
  for (const [index, copy] of likely.entries()) {
    const row = ids[index];
    if (row === undefined) throw new RangeError("fewer body ids than asked for");
    const { maildropId } = copy.resolved;
    places.set(copy, { maildropId, bodyId: numberAt(row, 0), traceHeader: copy.traceHeader });
  }
  if (places.size > 0) await writeBodies(lane, [...places.values()], content);
  return places;
}

async function forgetRefused(lane: Lane, reserved: Reserved, placed: readonly Placed[]): Promise<void> {
  const used = new Set(placed.map((each) => each.bodyId));
  const unused = [...reserved.values()].filter((each) => !used.has(each.bodyId));
  if (unused.length === 0) return;
  await lane.run(deleteBodies, [unused.map((each) => each.maildropId), unused.map((each) => each.bodyId)]);
}

const idsOf = (copies: readonly DeliveryCopy[]): MaildropId[] => [
  ...new Set(copies.map((copy) => copy.resolved.maildropId)),
];

function roomsOf(rows: readonly Row[]): Map<MaildropId, Room> {
  const rooms = new Map<MaildropId, Room>();
  for (const row of rows) {
    rooms.set(numberAt(row, 0), {
      nextUid: numberAt(row, 1),
      octets: numberAt(row, 2),
      quotaOctets: isNull(row, 3) ? Number.POSITIVE_INFINITY : numberAt(row, 3),
      messagesAdded: 0,
      octetsAdded: 0,
    });
  }
  return rooms;
}

/**
 * Finds a place for a copy, or says why there is none. Uids grow under the lock, so they become visible in
 * order.
 */
function place(
  copy: DeliveryCopy,
  rooms: ReadonlyMap<MaildropId, Room>,
  content: WireContent,
): number | DeliveryFault {
  const room = rooms.get(copy.resolved.maildropId);
  if (room === undefined) return { deliveryFault: "unknown-recipient" };
  const octets = content.octets + copy.traceHeader.length;
  if (room.octets + octets > room.quotaOctets) return { deliveryFault: "over-quota" };
  const uid = room.nextUid;
  room.nextUid += 1;
  room.octets += octets;
  room.messagesAdded += 1;
  room.octetsAdded += octets;
  return uid;
}

interface Writing {
  readonly delivery: Delivery;
  readonly placed: readonly Placed[];
  readonly rooms: ReadonlyMap<MaildropId, Room>;
  readonly isBodyWritten: boolean;
}

/** Counters, messages and small bodies in one flight. */
async function write(lane: Lane, { delivery, placed, rooms, isBodyWritten }: Writing): Promise<void> {
  const { content, imported } = delivery;
  const changed = [...rooms].filter(([, room]) => room.messagesAdded > 0);
  const places = placed.map(({ copy, bodyId }) => ({
    maildropId: copy.resolved.maildropId,
    bodyId,
    traceHeader: copy.traceHeader,
  }));
  await allSettled([
    lane.run(countDelivered, [
      changed.map(([maildropId]) => maildropId),
      changed.map(([, room]) => room.messagesAdded),
      changed.map(([, room]) => room.octetsAdded),
    ]),
    ...(imported === undefined
      ? [insertDelivered(lane, delivery, placed)]
      : placed.map(async (one) => insertKept(lane, delivery, one, imported))),
    ...(isBodyWritten ? [] : [writeBodies(lane, places, content)]),
  ]);
}

async function insertDelivered(
  lane: Lane,
  { content, reversePath }: Delivery,
  placed: readonly Placed[],
): Promise<void> {
  const traceOctets = placed.map(({ copy }) => copy.traceHeader.length);
  const recipients = placed.map(({ copy }) => copy.resolved.recipient);
  await lane.run(insertMessages, [
    placed.map(({ copy }) => copy.resolved.maildropId),
    placed.map((each) => each.uid),
    placed.map((each) => each.bodyId),
    traceOctets.map((octets) => octets + content.octets),
    traceOctets.map((octets) => octets + content.headerWireOctets),
    traceOctets.map((octets) => octets + content.wireOctets),
    textArray(recipients),
    textArray(recipients.map(localPartOf)),
    placed.map(({ copy }) => surrogateCode(content, copy)),
    reversePath,
  ]);
}

/** Octets of its surrogate; -1: not known; -2: it needs none. */
const surrogateCode = (
  { isInternationalised }: WireContent,
  { surrogateOctets = -1 }: DeliveryCopy,
): number => (isInternationalised === true ? surrogateOctets : -2);

async function insertKept(
  lane: Lane,
  { content, reversePath }: Delivery,
  { copy, uid, bodyId }: Placed,
  { uniqueId, receivedAt }: ImportedAs,
): Promise<void> {
  const { maildropId, recipient } = copy.resolved;
  const { octets, headerWireOctets, wireOctets, isInternationalised = false } = content;
  await lane.run(insertImported, [
    maildropId,
    uid,
    bodyId,
    octets,
    headerWireOctets,
    wireOctets,
    recipient,
    localPartOf(recipient),
    isInternationalised,
    reversePath,
    uniqueId,
    receivedAt.toISOString(),
  ]);
}

const localPartOf = (recipient: string): string => addressOf(recipient)?.localPart ?? "";

/**
 * Waits for all of them, then rejects with the first failure: nothing may still be sent on the lane when its
 * transaction has been rolled back, for that would be outside of it.
 */
async function allSettled(statements: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(statements)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

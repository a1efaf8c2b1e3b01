import type {
  Delivery,
  DeliveryCopy,
  DeliveryFault,
  DeliveryStore,
  ResolvedRecipient,
} from "@poplar/maildrop";
import { isUniqueIdUsed, type StoredMaildrop, type StoreState, splitAddress } from "./state.ts";

/** Takes mail into memory. */
export class MemoryDeliveries implements DeliveryStore {
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  async resolveRecipient(recipient: string): Promise<ResolvedRecipient | DeliveryFault> {
    const { down } = this.#state;
    if (down !== undefined) return { deliveryFault: "storage-down", cause: down };
    const maildrop = this.#find(recipient);
    if (maildrop === undefined) return { deliveryFault: "unknown-recipient" };
    if (maildrop.octets >= (maildrop.quotaOctets ?? Number.POSITIVE_INFINITY)) {
      return { deliveryFault: "over-quota" };
    }
    return { recipient, maildropId: maildrop.maildropId };
  }

  /** Reads the content to its end first: what comes after happens at once, as in a transaction. */
  async deliver(delivery: Delivery): Promise<readonly (number | DeliveryFault)[]> {
    let content: Uint8Array = new Uint8Array(0);
    try {
      const slices: Uint8Array[] = [];
      for await (const slice of delivery.content.slices()) slices.push(Uint8Array.from(slice));
      content = joined(slices);
    } catch (error) {
      return delivery.copies.map(() => ({ deliveryFault: "storage-down", cause: error }));
    }
    const { down } = this.#state;
    return delivery.copies.map((copy) =>
      down === undefined
        ? this.#store(delivery, copy, content)
        : { deliveryFault: "storage-down", cause: down },
    );
  }

  #store(delivery: Delivery, copy: DeliveryCopy, content: Uint8Array): number | DeliveryFault {
    const { maildropId, recipient } = copy.resolved;
    const maildrop = this.#state.maildrops.get(maildropId);
    if (maildrop === undefined) return { deliveryFault: "unknown-recipient" };
    const { imported } = delivery;
    if (imported !== undefined && isUniqueIdUsed(maildrop, imported.uniqueId)) {
      return { deliveryFault: "unique-id-used" };
    }
    const octets = copy.traceHeader.length + delivery.content.octets;
    if (maildrop.octets + octets > (maildrop.quotaOctets ?? Number.POSITIVE_INFINITY)) {
      return { deliveryFault: "over-quota" };
    }
    const uid = maildrop.nextUid;
    maildrop.nextUid += 1;
    maildrop.octets += octets;
    maildrop.messages.set(uid, {
      uid,
      octets,
      wire: joined([copy.traceHeader, content]),
      recipient,
      localPart: splitAddress(recipient)?.localPart ?? "",
      reversePath: delivery.reversePath,
      receivedAt: imported?.receivedAt ?? new Date(),
      isInternationalised: delivery.content.isInternationalised === true,
      surrogateOctets: copy.surrogateOctets,
      ...(imported === undefined ? {} : { importedUniqueId: imported.uniqueId }),
    });
    if (imported !== undefined) maildrop.importedUniqueIds.add(imported.uniqueId);
    return uid;
  }

  #find(recipient: string): StoredMaildrop | undefined {
    const address = splitAddress(recipient);
    if (address === undefined) return undefined;
    const { localPart, domain } = address;
    const separator = localPart.indexOf("+");
    const base = separator > 0 ? [localPart.slice(0, separator)] : [];
    const known = [localPart, ...base, "*"].find((part) => this.#state.addresses.has(`${part}@${domain}`));
    const maildropId = this.#state.addresses.get(`${known ?? ""}@${domain}`);
    return maildropId === undefined ? undefined : this.#state.maildrops.get(maildropId);
  }
}

function joined(slices: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(slices.reduce((sum, slice) => sum + slice.length, 0));
  let at = 0;
  for (const slice of slices) {
    all.set(slice, at);
    at += slice.length;
  }
  return all;
}

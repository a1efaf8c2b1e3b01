import {
  type Delivery,
  type DeliveryCopy,
  type DeliveryStore,
  isDeliveryFault,
  type ResolvedRecipient,
  type WireContent,
} from "@poplar/maildrop";
import { contentOf, loginsOf, type Mail, traceOf } from "./mail-seed.ts";

/** Bounds of one transaction. */
const copiesMax = 1000;
const octetsMax = 64_000_000;

/**
 * Stores mail through Poplar's own delivery store, many messages in one transaction: the rows are those that
 * LMTP makes, without a commit for each.
 */
export async function storeMail(
  deliveries: DeliveryStore,
  mail: Mail,
  recipientOf: (number: number) => string,
): Promise<void> {
  const content = wireContentOf(contentOf(mail.octets));
  const resolved: ResolvedRecipient[] = [];
  for (const number of loginsOf(mail)) {
    const found = await deliveries.resolveRecipient(recipientOf(number));
    if (isDeliveryFault(found)) throw new Error(`${recipientOf(number)}: ${found.deliveryFault}`);
    resolved.push(found);
  }
  const batchMax = Math.max(1, Math.min(copiesMax, Math.floor(octetsMax / mail.octets)));
  let copies: DeliveryCopy[] = [];
  for (let number = 1; number <= mail.messages; number += 1) {
    const traceHeader = Buffer.from(traceOf(number));
    for (const each of resolved) {
      copies.push({ resolved: each, traceHeader });
      if (copies.length < batchMax) continue;
      await deliver(deliveries, { reversePath: "sender@example.test", copies, content });
      copies = [];
    }
  }
  if (copies.length > 0) await deliver(deliveries, { reversePath: "sender@example.test", copies, content });
}

async function deliver(deliveries: DeliveryStore, delivery: Delivery): Promise<void> {
  for (const outcome of await deliveries.deliver(delivery)) {
    if (isDeliveryFault(outcome)) throw new Error("mail was not taken", { cause: outcome });
  }
}

function wireContentOf(text: string): WireContent {
  const wire = Buffer.from(text.replaceAll("\r\n.", "\r\n.."));
  return {
    octets: text.length,
    headerWireOctets: text.indexOf("\r\n\r\n") + 4,
    wireOctets: wire.length,
    slices: () => [wire],
  };
}

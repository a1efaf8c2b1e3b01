import { type Fault, isFault, type MessageNumber, messageNumberAt, ScanListing } from "@poplar/protocol";
import type { MailPolicy, Sees } from "./mail-policy.ts";
import type { Extent, OpenMaildrop } from "./maildrop-store.ts";

/**
 * Shows of a maildrop what the policy shows, and deletes as the policy says. Closes it when that cannot be
 * known.
 */
export async function applyPolicy(maildrop: OpenMaildrop, policy: MailPolicy): Promise<OpenMaildrop | Fault> {
  if (policy.sees === undefined && (policy.deletion ?? REMOVE).way === "remove") return maildrop;
  const hidden = policy.sees === undefined ? 0 : await notSeen(maildrop, policy.sees);
  if (!isFault(hidden)) return new ShownMaildrop(maildrop, hidden, policy.deletion ?? REMOVE);
  maildrop.close();
  return hidden;
}

const REMOVE: NonNullable<MailPolicy["deletion"]> = { way: "remove" };

/** How many messages at the start of the listing are not shown. */
async function notSeen(maildrop: OpenMaildrop, sees: Sees): Promise<number | Fault> {
  if ("newest" in sees) return Math.max(0, maildrop.listing.opened - sees.newest);
  return maildrop.countOlder(sees.days);
}

/** The end of a maildrop, numbered from 1. */
class ShownMaildrop implements OpenMaildrop {
  readonly listing: ScanListing;
  readonly #whole: OpenMaildrop;
  readonly #hidden: number;
  readonly #deletion: NonNullable<MailPolicy["deletion"]>;

  constructor(whole: OpenMaildrop, hidden: number, deletion: NonNullable<MailPolicy["deletion"]>) {
    this.#whole = whole;
    this.#hidden = hidden;
    this.#deletion = deletion;
    const { octets, uids, ...shared } = whole.listing.entries;
    this.listing =
      hidden === 0
        ? whole.listing
        : new ScanListing({
            octets: octets.subarray(hidden),
            uids: uids.subarray(hidden),
            uniqueIdPrefix: shared.uniqueIdPrefix,
            importedUniqueIds: shared.importedUniqueIds,
            internationalised: shared.internationalised,
            surrogateOctets: shared.surrogateOctets,
          });
  }

  read(number: MessageNumber, extent: Extent): ReturnType<OpenMaildrop["read"]> {
    return this.#whole.read(this.#inWhole(number), extent);
  }

  envelope(number: MessageNumber): ReturnType<OpenMaildrop["envelope"]> {
    return this.#whole.envelope(this.#inWhole(number));
  }

  async countOlder(days: number): Promise<number | Fault> {
    const count = await this.#whole.countOlder(days);
    return isFault(count) ? count : Math.max(0, count - this.#hidden);
  }

  async remove(numbers: readonly MessageNumber[]): Promise<Fault | undefined> {
    const deletion = this.#deletion;
    if (deletion.way === "ignore") return undefined;
    const keepDays = deletion.way === "hide" ? deletion.days : 0;
    return this.#whole.remove(
      numbers.map((number) => this.#inWhole(number)),
      keepDays,
    );
  }

  close(): void {
    this.#whole.close();
  }

  #inWhole(number: MessageNumber): MessageNumber {
    return messageNumberAt(number - 1 + this.#hidden);
  }
}

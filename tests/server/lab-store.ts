import type { Extent, MaildropStore, MaybePromise, MessageReader, OpenMaildrop } from "@poplar/maildrop";
import { type Envelope, type Fault, type MessageNumber, ScanListing, WireEncoder } from "@poplar/protocol";
import { hasUtf8Header, measureSurrogate } from "@poplar/testkit";

/** A message in wire form, in the windows in which the store hands it out. */
export interface LabMessage {
  readonly uid: number;
  readonly octets: number;
  readonly isInternationalised?: boolean;
  readonly surrogateOctets?: number;
  readonly windows: () => Iterator<MaybePromise<Uint8Array | Fault>>;
}

/** One maildrop that answers as a test wants it to: at once, later, never, or with a fault. */
export class LabStore implements MaildropStore {
  messages: LabMessage[] = [];
  /** What stands before a read, a removal or an opening; a promise delays it, a fault is the answer. */
  beforeOpen: () => MaybePromise<Fault | undefined> = () => undefined;
  beforeRead: (number: MessageNumber) => MaybePromise<Fault | undefined> = () => undefined;
  /** What `*ENV` finds. */
  envelopeOf: (number: MessageNumber) => MaybePromise<Envelope | Fault> = () => ({
    fault: "no-such-message",
  });
  beforeRemove: () => MaybePromise<Fault | undefined> = () => undefined;
  opened = 0;
  closed = 0;

  deliver(...messages: readonly (string | Uint8Array)[]): void {
    for (const message of messages) this.#add(Buffer.from(message));
  }

  /** A message of so many equal windows, which never lies in memory as a whole. */
  deliverLarge(window: Uint8Array, count: number): void {
    const uid = this.#nextUid();
    this.messages.push({
      uid,
      octets: window.length * count,
      windows: () => repeat(window, count),
    });
  }

  async open(): Promise<OpenMaildrop | Fault> {
    const fault = await this.beforeOpen();
    if (fault !== undefined) return fault;
    this.opened += 1;
    return new LabMaildrop(this);
  }

  #add(message: Uint8Array): void {
    const encoder = new WireEncoder();
    const wire = [...encoder.encode(message), ...encoder.finish()];
    this.messages.push({
      uid: this.#nextUid(),
      octets: encoder.octets,
      isInternationalised: hasUtf8Header(wire),
      surrogateOctets: measureSurrogate(wire),
      windows: () => wire.values(),
    });
  }

  #nextUid(): number {
    return (this.messages.at(-1)?.uid ?? 0) + 1;
  }
}

function* repeat<T>(value: T, count: number): Generator<T> {
  for (let left = count; left > 0; left -= 1) yield value;
}

class LabMaildrop implements OpenMaildrop {
  readonly listing: ScanListing;
  readonly #store: LabStore;
  readonly #messages: readonly LabMessage[];

  constructor(store: LabStore) {
    this.#store = store;
    this.#messages = [...store.messages];
    this.listing = new ScanListing({
      octets: Float64Array.from(this.#messages, ({ octets }) => octets),
      uids: Float64Array.from(this.#messages, ({ uid }) => uid),
      uniqueIdPrefix: "lab",
      importedUniqueIds: undefined,
      internationalised: new Set(
        this.#messages.filter((message) => message.isInternationalised === true).map(({ uid }) => uid),
      ),
      surrogateOctets: new Map(
        this.#messages.flatMap(({ uid, isInternationalised, surrogateOctets }) =>
          isInternationalised === true && surrogateOctets !== undefined ? [[uid, surrogateOctets]] : [],
        ),
      ),
    });
  }

  read(number: MessageNumber, _extent: Extent): MaybePromise<MessageReader | Fault> {
    const before = this.#store.beforeRead(number);
    if (before instanceof Promise) return before.then((fault) => fault ?? this.#reader(number));
    return before ?? this.#reader(number);
  }

  envelope(number: MessageNumber): MaybePromise<Envelope | Fault> {
    return this.#store.envelopeOf(number);
  }

  async countOlder(): Promise<number> {
    return 0;
  }

  async remove(numbers: readonly MessageNumber[]): Promise<Fault | undefined> {
    const fault = await this.#store.beforeRemove();
    if (fault !== undefined) return fault;
    const uids = new Set(numbers.map((number) => this.listing.uidOf(number)));
    this.#store.messages = this.#store.messages.filter(({ uid }) => !uids.has(uid));
    return undefined;
  }

  close(): void {
    this.#store.closed += 1;
  }

  #reader(number: MessageNumber): MessageReader | Fault {
    const message = this.#messages[number - 1];
    if (message === undefined || !this.#store.messages.includes(message)) {
      return { fault: "no-such-message" };
    }
    const windows = message.windows();
    return {
      next: () => {
        const window = windows.next();
        return window.done === true ? undefined : window.value;
      },
    };
  }
}

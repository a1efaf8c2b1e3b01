import type {
  Extent,
  MaildropStore,
  MaybePromise,
  MessageReader,
  OpenMaildrop,
  OpenRequest,
} from "@poplar/maildrop";
import { type Envelope, type Fault, type MessageNumber, ScanListing, TopCut } from "@poplar/protocol";
import type { StoredMaildrop, StoredMessage, StoreState } from "./state.ts";

/** Octets handed out at once. */
const windowOctets = 64 * 1024;

/** Maildrops in memory, behind the same fence as in Postgres. */
export class MemoryMaildrops implements MaildropStore {
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  async open(request: OpenRequest): Promise<OpenMaildrop | Fault> {
    const maildrop = this.#state.maildrops.get(request.maildropId);
    if (this.#state.down !== undefined) return { fault: "storage-down", cause: this.#state.down };
    if (maildrop === undefined) return { fault: "storage-down", cause: new Error("no such maildrop") };
    return new MemoryMaildrop(this.#state, maildrop, request);
  }
}

class MemoryMaildrop implements OpenMaildrop {
  readonly listing: ScanListing;
  readonly #state: StoreState;
  readonly #maildrop: StoredMaildrop;
  readonly #request: OpenRequest;
  /** The openings that this session has seen: of the whole, of local parts, of its own local part. */
  readonly #seen: { readonly epoch: number; readonly viewOpens: number; readonly viewEpoch: number };

  constructor(state: StoreState, maildrop: StoredMaildrop, request: OpenRequest) {
    this.#state = state;
    this.#maildrop = maildrop;
    this.#request = request;
    const localPart = this.#localPart;
    if (maildrop.messages.size > 0 && request.isReadOnly !== true) raiseFence(maildrop, localPart);
    this.#seen = {
      epoch: maildrop.epoch,
      viewOpens: maildrop.viewOpens,
      viewEpoch: maildrop.viewEpochs.get(localPart ?? "") ?? 0,
    };
    const all = [...maildrop.messages.values()];
    const listed = all.filter((message) => localPart === undefined || message.localPart === localPart);
    this.listing = new ScanListing({
      octets: Float64Array.from(listed, (message) => message.octets),
      uids: Float64Array.from(listed, (message) => message.uid),
      uniqueIdPrefix: maildrop.uniqueIdPrefix,
      importedUniqueIds: importedIn(listed),
      internationalised: new Set(listed.filter((each) => each.isInternationalised).map(({ uid }) => uid)),
      surrogateOctets: new Map(
        listed.flatMap(({ uid, surrogateOctets }) =>
          surrogateOctets === undefined ? [] : [[uid, surrogateOctets] as const],
        ),
      ),
    });
  }

  read(number: MessageNumber, extent: Extent): MaybePromise<MessageReader | Fault> {
    if (this.#state.down !== undefined) return { fault: "storage-down", cause: this.#state.down };
    const message = this.#maildrop.messages.get(this.listing.uidOf(number));
    return message === undefined ? { fault: "no-such-message" } : readerOf(message, extent);
  }

  envelope(number: MessageNumber): Envelope | Fault {
    if (this.#state.down !== undefined) return { fault: "storage-down", cause: this.#state.down };
    const { name: maildrop, messages } = this.#maildrop;
    const message = messages.get(this.listing.uidOf(number));
    if (message === undefined) return { fault: "no-such-message" };
    return { maildrop, reversePath: message.reversePath, recipient: message.recipient };
  }

  async countOlder(days: number): Promise<number | Fault> {
    const since = new Date(Date.now() - days * 86_400_000);
    const { messages } = this.#maildrop;
    let count = 0;
    for (const number of this.listing.present()) {
      const message = messages.get(this.listing.uidOf(number));
      if (message !== undefined && message.receivedAt >= since) break;
      count += 1;
    }
    return count;
  }

  async remove(numbers: readonly MessageNumber[], keepDays = 0): Promise<Fault | undefined> {
    if (this.#state.down !== undefined) return { fault: "storage-down", cause: this.#state.down };
    if (this.#request.isReadOnly === true) return { fault: "read-only" };
    const uids = new Set(numbers.map((number) => this.listing.uidOf(number)));
    if (uids.size === 0) return undefined;
    const { messages } = this.#maildrop;
    if (!this.#isUnfenced()) return { fault: "lease-lost" };
    if (![...uids].every((uid) => messages.has(uid))) {
      return { fault: "storage-down", cause: new Error("messages were removed behind the session") };
    }
    const { holder } = this.#request;
    const keepUntil = new Date(Date.now() + keepDays * 86_400_000);
    for (const uid of uids) {
      const message = messages.get(uid);
      if (message === undefined) continue;
      this.#maildrop.octets -= message.octets;
      messages.delete(uid);
      if (keepDays === 0) continue;
      const { login, sessionId } = holder;
      this.#maildrop.hidden.set(uid, { message, hiddenAt: new Date(), keepUntil, login, sessionId });
    }
    return undefined;
  }

  close(): void {}

  get #localPart(): string | undefined {
    const { view } = this.#request;
    return view.kind === "whole" ? undefined : view.localPart.toLowerCase();
  }

  #isUnfenced(): boolean {
    const { epoch, viewOpens, viewEpochs, maildropId } = this.#maildrop;
    if (!this.#state.maildrops.has(maildropId) || epoch !== this.#seen.epoch) return false;
    const localPart = this.#localPart;
    if (localPart === undefined) return viewOpens === this.#seen.viewOpens;
    return viewEpochs.get(localPart) === this.#seen.viewEpoch;
  }
}

function importedIn(messages: readonly StoredMessage[]): ReadonlyMap<number, string> | undefined {
  const imported = messages.flatMap(({ uid, importedUniqueId }) =>
    importedUniqueId === undefined ? [] : [[uid, importedUniqueId] as const],
  );
  return imported.length === 0 ? undefined : new Map(imported);
}

function raiseFence(maildrop: StoredMaildrop, localPart: string | undefined): void {
  if (localPart === undefined) {
    maildrop.epoch += 1;
    return;
  }
  maildrop.viewOpens += 1;
  maildrop.viewEpochs.set(localPart, (maildrop.viewEpochs.get(localPart) ?? 0) + 1);
}

/** Hands out no more of a TOP than it needs, give or take a window. */
function readerOf(message: StoredMessage, extent: Extent): MessageReader {
  const cut = extent === "whole" ? undefined : new TopCut(extent.bodyLines);
  let at = 0;
  return {
    next: () => {
      if (at >= message.wire.length || cut?.isDone === true) return undefined;
      const window = message.wire.subarray(at, at + windowOctets);
      at += window.length;
      cut?.take(window);
      return window;
    },
  };
}

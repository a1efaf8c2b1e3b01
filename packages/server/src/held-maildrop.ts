import type { BulletinBoards, Holder, OpenMaildrop, OwnedMaildrop } from "@poplar/maildrop";
import { type BulletinBoard, type Effect, type Fault, isFault, type Leaving } from "@poplar/protocol";
import type { PopPorts } from "./pop-service.ts";
import type { SessionRecord } from "./session-record.ts";

type OpenBoard = Extract<Effect, { readonly do: "open-board" }>;

/** What became of a maildrop that was to be left for a board. */
export interface Switched {
  readonly outcome: OpenMaildrop | Fault;
  /** It has been given back. */
  readonly isLeft: boolean;
}

/** The maildrop that a session has open, or a board in its place, until it is given back. */
export class HeldMaildrop {
  readonly #ports: PopPorts;
  readonly #record: SessionRecord;
  #owned: OwnedMaildrop | undefined;

  constructor(ports: PopPorts, record: SessionRecord) {
    this.#ports = ports;
    this.#record = record;
  }

  get isHeld(): boolean {
    return this.#owned !== undefined;
  }

  /** The one that is open. @throws when none is. */
  get maildrop(): OpenMaildrop {
    if (this.#owned === undefined) throw new Error("a message was asked for, and no maildrop is open");
    return this.#owned.maildrop;
  }

  hold(owned: OwnedMaildrop): void {
    this.#owned = owned;
  }

  /** Gives it back as it is; `undefined` when there is none. */
  leave(): Promise<void> | undefined {
    const owned = this.#owned;
    this.#owned = undefined;
    return owned?.leave();
  }

  /** RFC 1939 §6. The maildrop is free for others before the client hears that it is done. */
  async update({ deleted, lastUid }: Leaving): Promise<Fault | undefined> {
    const owned = this.#owned;
    if (owned === undefined) throw new Error("messages are to be removed, and no maildrop is open");
    this.#owned = undefined;
    let fault: Fault | undefined;
    try {
      const { maildrop } = owned;
      const isNothingToDo = deleted.length === 0 && maildrop.retrieved === undefined;
      fault = isNothingToDo ? undefined : await maildrop.remove(deleted);
      // Where that fails, LAST answers less than it could: nothing that QUIT would have to fail for.
      if (lastUid !== undefined) await this.#ports.marks?.write(this.#holder.login, lastUid);
    } finally {
      await owned.leave();
    }
    if (fault === undefined) this.#record.messagesDeleted += deleted.length;
    return fault;
  }

  /**
   * How far the numbers of boards go, `undefined` for those that are not for this login; one after the other,
   * since a client asks this now and then.
   */
  async survey(boards: readonly BulletinBoard[]): Promise<readonly (number | undefined)[] | Fault> {
    const maxima: (number | undefined)[] = [];
    for (const board of boards) {
      const opened = await this.#boards.open(board, false, this.#holder);
      if (!isFault(opened)) {
        maxima.push(opened.listing.highestUid);
        opened.close();
      } else if (opened.fault === "no-such-board") {
        maxima.push(undefined);
      } else {
        return opened;
      }
    }
    return maxima;
  }

  /**
   * Leaves the maildrop for a board. RFC 1082. The board is open before: one that is out of reach costs
   * nothing.
   *
   * @returns `undefined` when the client left first; what it leaves to be given back still is.
   */
  async switchTo(effect: OpenBoard, isGone: () => boolean): Promise<Switched | undefined> {
    const board = await this.#boards.open(effect.board, effect.isArchive, this.#holder);
    if (isFault(board)) return { outcome: board, isLeft: false };
    const fault = isGone() ? undefined : await this.update(effect);
    if (fault === undefined && !isGone()) {
      this.#owned = { maildrop: board, leave: async () => board.close() };
      return { outcome: board, isLeft: true };
    }
    board.close();
    return fault && { outcome: fault, isLeft: true };
  }

  get #boards(): BulletinBoards {
    const { boards } = this.#ports;
    if (boards === undefined) throw new Error("a bulletin board was asked for, and there are none");
    return boards;
  }

  get #holder(): Holder {
    const { sessionId, address, login = "" } = this.#record;
    return { sessionId, address, login };
  }
}

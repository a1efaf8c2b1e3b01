import type { RetrievalMarks } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { StoreState } from "./state.ts";

/** How far logins have read, in memory. */
export class MemoryMarks implements RetrievalMarks {
  readonly #state: StoreState;
  /** By the id of the login: another one of the same name begins anew. */
  readonly #uids = new Map<number, number>();

  constructor(state: StoreState) {
    this.#state = state;
  }

  async read(login: string): Promise<number | Fault> {
    if (this.#state.down !== undefined) return { fault: "storage-down", cause: this.#state.down };
    return this.#uids.get(this.#idOf(login)) ?? 0;
  }

  async write(login: string, uid: number): Promise<undefined | Fault> {
    if (this.#state.down !== undefined) return { fault: "storage-down", cause: this.#state.down };
    const id = this.#idOf(login);
    if (id !== 0) this.#uids.set(id, Math.max(uid, this.#uids.get(id) ?? 0));
    return undefined;
  }

  #idOf(login: string): number {
    return this.#state.logins.get(login)?.loginId ?? 0;
  }
}

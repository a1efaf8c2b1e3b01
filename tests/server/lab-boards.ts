import type { BulletinBoards, OpenMaildrop, RetrievalMarks } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { boardOf, type Fixture } from "@poplar/testkit";
import { LabStore } from "./lab-store.ts";

/** The boards of a fixture, each in a store of its own. */
export function labBoards(fixture: Fixture, failureOf: () => Fault | undefined): BulletinBoards | undefined {
  if (fixture.boards === undefined) return undefined;
  const storeOf = (messages: readonly Uint8Array[] | undefined): LabStore => {
    const store = new LabStore();
    store.deliver(...(messages ?? []));
    return store;
  };
  const stores = new Map(
    fixture.boards.map(({ name, messages, archive }) => [
      name,
      { board: storeOf(messages), archive: storeOf(archive) },
    ]),
  );
  return {
    boards: fixture.boards.map(boardOf),
    open: async ({ name }, isArchive): Promise<OpenMaildrop | Fault> => {
      const store = stores.get(name);
      const opened = isArchive ? store?.archive : store?.board;
      return failureOf() ?? opened?.open() ?? { fault: "internal", cause: name };
    },
  };
}

/** Remembers in memory how far each login has read. */
export function labMarks(): RetrievalMarks & { readonly uids: ReadonlyMap<string, number> } {
  const uids = new Map<string, number>();
  return {
    uids,
    read: async (login) => uids.get(login) ?? 0,
    write: async (login, uid) => {
      uids.set(login, uid);
      return undefined;
    },
  };
}

import { type BulletinBoard, type Fault, isFault } from "@poplar/protocol";
import type { Login, LoginDirectory } from "./authentication.ts";
import type { Holder } from "./identity.ts";
import type { MaildropStore, OpenMaildrop } from "./maildrop-store.ts";
import { domainOf } from "./scope.ts";

/** Which maildrops are a bulletin board, by the logins that they belong to. */
export interface BoardMaildrops {
  readonly name: string;
  readonly login: string;
  readonly archive?: string | undefined;
  /** Logins of the tenant or of the domain of `login`, or all; those of the tenant when absent. */
  readonly readers?: "tenant" | "domain" | "everybody" | undefined;
}

/** Maildrops that others may read, and nobody changes that way. RFC 1082. */
export interface BulletinBoards {
  readonly boards: readonly BulletinBoard[];
  /**
   * Opens a board, or its archive; `no-such-board` for a reader whom it is not for.
   *
   * @returns what `MaildropStore.open` does; whoever takes it closes it.
   */
  open(board: BulletinBoard, isArchive: boolean, holder: Holder): Promise<OpenMaildrop | Fault>;
}

/** The boards that an operator has chosen. */
export function bulletinBoards(
  ports: { readonly logins: LoginDirectory; readonly maildrops: MaildropStore },
  chosen: readonly BoardMaildrops[],
): BulletinBoards {
  const choices = new Map(chosen.map((board) => [board.name, board]));
  const find = async (name: string, board: string): Promise<Login | Fault> =>
    (await ports.logins.findLogin(name)) ?? ownerless(board);
  return {
    boards: chosen.map(({ name, login, archive }) => ({
      name,
      address: login,
      hasArchive: archive !== undefined,
    })),
    open: async ({ name }, isArchive, holder) => {
      const board = choices.get(name);
      const owner = isArchive ? board?.archive : board?.login;
      if (board === undefined || owner === undefined) return noSuchBoard;
      if (board.readers === "domain" && domainOf(holder.login) !== domainOf(board.login)) return noSuchBoard;
      const login = await find(board.login, name);
      if (isFault(login)) return login;
      if (board.readers !== "everybody") {
        const reader = await ports.logins.findLogin(holder.login);
        if (isFault(reader)) return reader;
        // What belongs to nobody any more is in no tenant.
        if (reader === undefined || reader.tenant !== login.tenant) return noSuchBoard;
      }
      const opened = isArchive ? await find(owner, name) : login;
      if (isFault(opened)) return opened;
      const { maildropId, view } = opened;
      return ports.maildrops.open({ maildropId, view, holder, isReadOnly: true });
    },
  };
}

const noSuchBoard: Fault = { fault: "no-such-board" };

/** An operator has removed the login, and not the board. */
const ownerless = (name: string): Fault => ({
  fault: "storage-down",
  cause: new Error(`the login of the bulletin board ${name} does not exist`),
});

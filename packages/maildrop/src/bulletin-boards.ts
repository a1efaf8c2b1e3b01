import { type BulletinBoard, type Fault, isFault } from "@poplar/protocol";
import type { LoginDirectory } from "./authentication.ts";
import type { Holder } from "./identity.ts";
import type { MaildropStore, OpenMaildrop } from "./maildrop-store.ts";

/** Which maildrops are a bulletin board, by the logins that they belong to. */
export interface BoardMaildrops {
  readonly name: string;
  readonly login: string;
  readonly archive?: string | undefined;
}

/** Maildrops that every login may read, and nobody changes that way. RFC 1082. */
export interface BulletinBoards {
  readonly boards: readonly BulletinBoard[];
  /** Opens a board, or its archive. @returns what `MaildropStore.open` does; whoever takes it closes it. */
  open(board: BulletinBoard, isArchive: boolean, holder: Holder): Promise<OpenMaildrop | Fault>;
}

/** The boards that an operator has chosen. */
export function bulletinBoards(
  ports: { readonly logins: LoginDirectory; readonly maildrops: MaildropStore },
  chosen: readonly BoardMaildrops[],
): BulletinBoards {
  const logins = new Map(chosen.map((board) => [board.name, board]));
  return {
    boards: chosen.map(({ name, login, archive }) => ({
      name,
      address: login,
      hasArchive: archive !== undefined,
    })),
    open: async ({ name }, isArchive, holder) => {
      const owner = isArchive ? logins.get(name)?.archive : logins.get(name)?.login;
      const login = owner === undefined ? undefined : await ports.logins.findLogin(owner);
      if (isFault(login)) return login;
      if (login === undefined) return ownerless(name);
      const { maildropId, view } = login;
      return ports.maildrops.open({ maildropId, view, holder, isReadOnly: true });
    },
  };
}

/** An operator has removed the login, and not the board. */
const ownerless = (name: string): Fault => ({
  fault: "storage-down",
  cause: new Error(`the login of the bulletin board ${name} does not exist`),
});

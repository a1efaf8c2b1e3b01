import type { Scope } from "@poplar/maildrop";

/** Who wants something done. */
export interface Actor {
  readonly scope: Scope;
  /** In the audit: the label of a token, or a login; `undefined` for the server itself. */
  readonly name: string | undefined;
  /** Where the request comes from. */
  readonly address?: string | undefined;
  /** The token that he came with, of those that can be revoked. */
  readonly tokenId?: number | undefined;
  /** When his token ends; absent: never. */
  readonly expiresAt?: Date | undefined;
}

/** The program itself, such as when it makes the demo login: nobody has asked for it. */
export const theServer: Actor = { scope: { role: "platform" }, name: undefined };

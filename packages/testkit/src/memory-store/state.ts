import type { Login, MaildropId } from "@poplar/maildrop";

/** A message in memory, whole. */
export interface StoredMessage {
  readonly uid: number;
  readonly octets: number;
  readonly wire: Uint8Array;
  readonly recipient: string;
  readonly localPart: string;
  readonly reversePath: string;
  readonly receivedAt: Date;
}

/** A maildrop in memory. */
export interface StoredMaildrop {
  readonly maildropId: MaildropId;
  readonly name: string;
  readonly uniqueIdPrefix: string;
  readonly createdAt: Date;
  readonly viewEpochs: Map<string, number>;
  /** By uid; a Map keeps the order in which they came. */
  readonly messages: Map<number, StoredMessage>;
  quotaOctets: number | undefined;
  octets: number;
  epoch: number;
  viewOpens: number;
  nextUid: number;
}

/** A login in memory. */
export interface StoredLogin extends Login {
  readonly createdAt: Date;
}

/** All that a memory store holds. */
export interface StoreState {
  readonly domains: Map<string, Date>;
  readonly addresses: Map<string, MaildropId>;
  readonly logins: Map<string, StoredLogin>;
  readonly maildrops: Map<MaildropId, StoredMaildrop>;
  /** What each call fails with, while the store is made to look down. */
  down: Error | undefined;
  lastId: number;
}

/** A store with nothing in it. */
export const emptyState = (): StoreState => ({
  domains: new Map(),
  addresses: new Map(),
  logins: new Map(),
  maildrops: new Map(),
  down: undefined,
  lastId: 0,
});

/** An address in the form in which it is compared, or `undefined` for what is none. */
export function splitAddress(
  text: string,
): { readonly localPart: string; readonly domain: string } | undefined {
  const at = text.lastIndexOf("@");
  if (at <= 0 || at === text.length - 1) return undefined;
  return { localPart: text.slice(0, at).toLowerCase(), domain: text.slice(at + 1).toLowerCase() };
}

import type { Fault } from "@poplar/protocol";
import type { MaildropId } from "./identity.ts";

/** One program of a login: as one app password is for one program, its marks are that program's. */
export interface Fetcher {
  readonly login: string;
  readonly maildropId: MaildropId;
  /** What it logged in with; `undefined` where somebody else vouches for it: those share their marks. */
  readonly credentialId: number | undefined;
}

/** Uids from the first, before the second. */
export type UidRange = readonly [from: number, until: number];

/** Remembers what each program has fetched and has said QUIT after. Implemented by `storage`. */
export interface FetchedMarks {
  /** In order, none of them touching another. */
  read(fetcher: Fetcher): Promise<readonly UidRange[] | Fault>;
  /** All of a session at once. @returns `storage-down` when it could not. */
  add(fetcher: Fetcher, uids: readonly number[]): Promise<undefined | Fault>;
}

import type { Fault } from "@poplar/protocol";

/**
 * Remembers from session to session how far a login has read, for LAST. RFC 1460 §5. Implemented by
 * `storage`.
 */
export interface RetrievalMarks {
  /** The highest uid of the messages that the login has retrieved; 0 where there is none. */
  read(login: string): Promise<number | Fault>;
  /** Keeps it. @returns `storage-down` when it could not. */
  write(login: string, uid: number): Promise<undefined | Fault>;
}

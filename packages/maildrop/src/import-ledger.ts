import type { RegistryFault } from "./registry.ts";

/** A message as it is stored, in so few octets that it can be compared with what it was elsewhere. */
export interface MessageDigest {
  readonly uniqueId: string;
  /** As RFC 1939 §11 counts them. */
  readonly octets: number;
  readonly receivedAt: Date;
  /** SHA-256 of the wire form, in hexadecimal. */
  readonly sha256: string;
}

/** What an import asks about the maildrop that it fills. Implemented by `storage`. */
export interface ImportLedger {
  /**
   * Which of these unique-ids are used: by a message that is there, by one that can be restored, or by one
   * that is gone for good.
   */
  usedUniqueIds(login: string, uniqueIds: readonly string[]): Promise<readonly string[] | RegistryFault>;
  /** Reads messages to their ends. What is not there is missing in the answer. */
  digests(login: string, uniqueIds: readonly string[]): Promise<readonly MessageDigest[] | RegistryFault>;
}

import { createHash } from "node:crypto";

const isUniqueId = (text: string): boolean => /^[!-~]{1,70}$/.test(text);

/** A unique-id that follows from a text alone: the text itself where it can be one. RFC 1939 §7. */
export function uniqueIdFrom(text: string): string {
  if (isUniqueId(text)) return text;
  return createHash("sha256").update(text).digest("base64url");
}

/**
 * Tells apart what another server does not: RFC 1939 §7 lets equal messages have equal unique-ids, and here
 * each has its own.
 */
export class DistinctIds {
  readonly #seen = new Map<string, number>();

  /** @returns the id, or for a later one of the same one that says so. */
  next(uniqueId: string): string {
    const seen = (this.#seen.get(uniqueId) ?? 0) + 1;
    this.#seen.set(uniqueId, seen);
    return seen === 1 ? uniqueId : uniqueIdFrom(`${uniqueId}~${seen}`);
  }
}

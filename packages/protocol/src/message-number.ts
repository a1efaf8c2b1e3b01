declare const brand: unique symbol;

/** 1-based, fixed when the maildrop opens, never reused in a session. RFC 1939 §5. */
export type MessageNumber = number & { readonly [brand]: "MessageNumber" };

/** The number of the entry at a 0-based position of a scan listing. */
export function messageNumberAt(index: number): MessageNumber {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made here, nowhere else
  return (index + 1) as MessageNumber;
}

/**
 * What a client may write for a number: digits only, so that "1e3", "+1", "-1" and "0x1" are none. RFC 1939
 * §3.
 *
 * Whether a message has it, `ScanListing.has` knows. However many digits come, the answer is a number of that
 * order: it does not wrap round to one that exists.
 */
export const parseNumber = (word: string): number | undefined =>
  /^[0-9]+$/.test(word) ? Number(word) : undefined;

declare const brand: unique symbol;

/** 1-based, fixed when the maildrop opens, never reused in a session. RFC 1939 §5. */
export type MessageNumber = number & { readonly [brand]: "MessageNumber" };

/** No maildrop holds more messages than this; a longer argument names none. */
const messageNumberDigitsMax = 10;

/** The number of the entry at a 0-based position of a scan listing. */
export function messageNumberAt(index: number): MessageNumber {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the only place that mints the brand
  return (index + 1) as MessageNumber;
}

/**
 * What a client may write: digits only, so that "1e3", "+1", "-1" and "0x1" are not numbers. RFC 1939 §3.
 *
 * "0" and numbers of more than ten digits have the right syntax and name no message: they answer 0, which no scan
 * listing holds.
 */
export function parseMessageNumber(argument: string): MessageNumber | undefined {
  if (!/^[0-9]+$/.test(argument)) return undefined;
  const digits = argument.replace(/^0+(?=[0-9])/, "");
  return messageNumberAt((digits.length > messageNumberDigitsMax ? 0 : Number(digits)) - 1);
}

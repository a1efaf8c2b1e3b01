/** Mail that a scenario needs: so many messages of such a size for each of these logins. */
export interface Mail {
  readonly firstLogin: number;
  readonly logins: number;
  readonly messages: number;
  readonly octets: number;
}

/** A header field of its own for each message, of the same length for all. */
export const traceOf = (number: number): string =>
  `Message-ID: <${String(number).padStart(6, "0")}@bench.test>\r\n`;

/** What all messages of about so many octets have in common, with a line that begins with dots. */
export function contentOf(octets: number): string {
  const header = "From: a@example.test\r\nTo: b@example.test\r\nSubject: a message\r\n\r\n";
  const line = "The quick brown fox jumps over the lazy dog, again and again and again.\r\n";
  const dotted = ".. a line that begins with dots\r\n";
  const left = octets - traceOf(1).length - header.length - dotted.length;
  return header + dotted + line.repeat(Math.max(0, Math.floor(left / line.length)));
}

/** A message as a client gets it, before byte-stuffing. */
export const messageOf = (number: number, octets: number): string => traceOf(number) + contentOf(octets);

/** The numbers of the logins that have this mail. */
export const loginsOf = ({ firstLogin, logins }: Mail): readonly number[] =>
  Array.from({ length: logins }, (_, index) => firstLogin + index);

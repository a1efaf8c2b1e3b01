const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

const EMPTY = Buffer.alloc(0);
const KEPT_BACK = Buffer.of(CR);

/** What came before the octets that are still to be read. */
type Position =
  /** CRLF, or nothing yet: a dot here is the client's stuffing or the end. */
  | "line-start"
  /** A dot at the start of a line, kept back. */
  | "dot"
  /** That dot and a CR, both kept back: the next octet decides. */
  | "dot-cr"
  | "text"
  /** A CR within a line, passed on already. */
  | "cr";

/** What one call of `decode` made of its octets. */
export interface Decoded {
  /** Octets of the message, without the client's dot-stuffing. */
  readonly content: Buffer;
  /** Where in the chunk the commands go on, once the message has ended. */
  readonly end: number | undefined;
}

/**
 * Takes the dot-stuffing off the octets that follow DATA, and finds their end. RFC 5321 §4.5.2.
 *
 * Lines begin after CRLF and nowhere else, so only CRLF.CRLF ends a message: a dot between bare line feeds or
 * bare carriage returns is content like any other. A server that took it for the end would let the content of
 * a message pass for further commands (SMTP smuggling). For the same reason a dot after a bare LF is never
 * taken off: a client that keeps to the standard did not put it there.
 */
export class DataDecoder {
  #position: Position = "line-start";

  /** Decodes the next octets, in order; not to be called again once it told the end. */
  decode(chunk: Buffer): Decoded {
    const slices: Buffer[] = [];
    /** Start of the octets that are content but not in `slices` yet. */
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#position === "text") {
        at = chunk.indexOf(CR, at) + 1;
        if (at === 0) break;
        this.#position = "cr";
        continue;
      }
      const octet = chunk[at];
      if (this.#position === "dot-cr") {
        if (octet === LF) return { content: joined(slices), end: at + 1 };
        slices.push(KEPT_BACK);
        this.#position = "cr";
      }
      this.#position = next(this.#position, octet);
      if (this.#position === "dot" || this.#position === "dot-cr") {
        if (at > from) slices.push(chunk.subarray(from, at));
        from = at + 1;
      }
      at += 1;
    }
    if (from < chunk.length) slices.push(chunk.subarray(from));
    return { content: joined(slices), end: undefined };
  }
}

/** A copy only where something was taken out. */
const joined = ([first = EMPTY, ...others]: readonly Buffer[]): Buffer =>
  others.length === 0 ? first : Buffer.concat([first, ...others]);

/** Where an octet leads, except from within the text of a line and from `dot-cr`. */
function next(position: Position, octet: number | undefined): Position {
  if (position === "line-start" && octet === DOT) return "dot";
  if (position === "dot" && octet === CR) return "dot-cr";
  if (position === "cr" && octet === LF) return "line-start";
  return octet === CR ? "cr" : "text";
}

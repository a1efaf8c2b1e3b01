/**
 * What can be read of an AP-REQ without any key. Nothing in it is proven, only the authenticator is bound to
 * the ticket.
 */
export interface ApReq {
  /** Realm and components of the service that the ticket says it is for. */
  readonly realm: string;
  readonly service: readonly string[];
  /** The encrypted authenticator: a view of the input. Whoever repeats it repeats the login. */
  readonly authenticatorCipher: Uint8Array;
}

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  generalString: 0x1b,
  sequence: 0x30,
  gssToken: 0x60,
  ticket: 0x61,
  apReq: 0x6e,
} as const;

const context = (number: number): number => 0xa0 + number;

/** RFC 4121 §4.1: the token that begins a context. */
const TOK_ID_AP_REQ = [0x01, 0x00] as const;
const SERVICE_COMPONENTS_MAX = 8;

/**
 * Reads an AP-REQ. RFC 4120 §5.5.1.
 *
 * Stricter than libkrb5, which skips what follows the fields that it knows: here nothing may follow, so that
 * both see the same authenticator in the same octets.
 *
 * @returns `undefined` when it is none.
 */
export function parseApReq(octets: Uint8Array): ApReq | undefined {
  const outer = new DerReader(octets);
  const fields = outer.enter(TAG.apReq)?.enterAll(TAG.sequence);
  if (fields === undefined || !outer.isAtEnd) return undefined;
  if (!fields.skip(context(0), TAG.integer)) return undefined;
  if (!fields.skip(context(1), TAG.integer)) return undefined;
  if (!fields.skip(context(2), TAG.bitString)) return undefined;
  const ticket = parseTicket(fields.enter(context(3))?.enterAll(TAG.ticket)?.enterAll(TAG.sequence));
  const authenticatorCipher = parseCipher(fields.enter(context(4)));
  if (ticket === undefined || authenticatorCipher === undefined || !fields.isAtEnd) return undefined;
  return { ...ticket, authenticatorCipher };
}

/**
 * Takes the AP-REQ out of the first token of a GSSAPI initiator. RFC 2743 §3.1, RFC 4121 §4.1.
 *
 * @returns `undefined` when it is not such a token: also for the bare AP-REQ of DCE, which libkrb5 would
 *   take.
 */
export function apReqOfToken(token: Uint8Array): Uint8Array | undefined {
  const outer = new DerReader(token);
  const inner = outer.enter(TAG.gssToken);
  if (inner?.take(TAG.objectIdentifier) === undefined || !outer.isAtEnd) return undefined;
  const rest = inner.rest();
  return rest[0] === TOK_ID_AP_REQ[0] && rest[1] === TOK_ID_AP_REQ[1] ? rest.subarray(2) : undefined;
}

/** RFC 4120 §5.3: the part of a ticket that is in clear. */
function parseTicket(fields: DerReader | undefined): Omit<ApReq, "authenticatorCipher"> | undefined {
  if (fields?.skip(context(0), TAG.integer) !== true) return undefined;
  const realm = fields.enter(context(1))?.takeAll(TAG.generalString);
  const service = parseService(fields.enter(context(2))?.enterAll(TAG.sequence));
  const cipher = parseCipher(fields.enter(context(3)));
  if (realm === undefined || service === undefined || cipher === undefined || !fields.isAtEnd)
    return undefined;
  return { realm: textOf(realm), service };
}

/** RFC 4120 §5.2.2: PrincipalName. */
function parseService(fields: DerReader | undefined): readonly string[] | undefined {
  if (fields?.skip(context(0), TAG.integer) !== true) return undefined;
  const names = fields.enter(context(1))?.enterAll(TAG.sequence);
  if (names === undefined || !fields.isAtEnd) return undefined;
  const components: string[] = [];
  while (!names.isAtEnd) {
    const name = names.take(TAG.generalString);
    if (name === undefined || components.length === SERVICE_COMPONENTS_MAX) return undefined;
    components.push(textOf(name));
  }
  return components;
}

/** RFC 4120 §5.2.9: EncryptedData; the key version is optional. */
function parseCipher(wrapper: DerReader | undefined): Uint8Array | undefined {
  const fields = wrapper?.enterAll(TAG.sequence);
  if (fields?.skip(context(0), TAG.integer) !== true) return undefined;
  fields.skip(context(1), TAG.integer);
  const cipher = fields.enter(context(2))?.takeAll(TAG.octetString);
  return fields.isAtEnd ? cipher : undefined;
}

const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets);

/**
 * Reads elements with definite lengths, one after the other. Never reads past its end; a failed read moves
 * nothing.
 */
class DerReader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#octets.length;
  }

  rest(): Uint8Array {
    return this.#octets.subarray(this.#at);
  }

  /** The content of the next element, if it has this tag. */
  take(tag: number): Uint8Array | undefined {
    if (this.#octets[this.#at] !== tag) return undefined;
    const length = this.#lengthAt(this.#at + 1);
    if (length === undefined) return undefined;
    const end = length.contentAt + length.octets;
    if (end > this.#octets.length) return undefined;
    this.#at = end;
    return this.#octets.subarray(length.contentAt, end);
  }

  /** The content of the next element, if that is all there is. */
  takeAll(tag: number): Uint8Array | undefined {
    const content = this.take(tag);
    return this.isAtEnd ? content : undefined;
  }

  enter(tag: number): DerReader | undefined {
    const content = this.take(tag);
    return content && new DerReader(content);
  }

  enterAll(tag: number): DerReader | undefined {
    const content = this.takeAll(tag);
    return content && new DerReader(content);
  }

  /** Passes over an element that holds just another one. */
  skip(outer: number, inner: number): boolean {
    const before = this.#at;
    if (this.enter(outer)?.takeAll(inner) !== undefined) return true;
    this.#at = before;
    return false;
  }

  #lengthAt(at: number): { readonly octets: number; readonly contentAt: number } | undefined {
    const first = this.#octets[at];
    if (first === undefined) return undefined;
    if (first < 0x80) return { octets: first, contentAt: at + 1 };
    const count = first - 0x80;
    if (count === 0 || count > 4 || at + count >= this.#octets.length) return undefined;
    let octets = 0;
    for (let i = 1; i <= count; i += 1) octets = octets * 256 + (this.#octets[at + i] ?? 0);
    return { octets, contentAt: at + 1 + count };
  }
}

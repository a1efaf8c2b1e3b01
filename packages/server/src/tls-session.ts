/** What OpenSSL keeps of a handshake and Node has no words for. */
export interface TlsSession {
  /** The master secret depends on the whole handshake, so that two connections never share it. RFC 7627. */
  readonly hasExtendedMasterSecret: boolean;
  /** What checking the client's certificate came to: `X509_V_OK`, that is 0, also when it showed none. */
  readonly verifyResult: number;
}

/** Tags of OpenSSL's `SSL_SESSION_ASN1`, and the first octet of a length in the long form. */
const SEQUENCE = 0x30;
const VERIFY_RESULT = 0xa5;
const FLAGS = 0xad;
const LONG_FORM = 0x80;

const EXTENDED_MASTER_SECRET = 1;

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly rest: Uint8Array;
}

/**
 * Reads a session as `TLSSocket.getSession` hands it out: the DER in which OpenSSL keeps sessions. What is 0
 * is left out there.
 *
 * @returns `undefined` for what is no session: then nothing is known, and nothing may be relied on.
 */
export function readTlsSession(der: Uint8Array): TlsSession | undefined {
  const session = elementOf(der);
  if (session?.tag !== SEQUENCE || session.rest.length > 0) return undefined;
  let verifyResult = 0;
  let flags = 0;
  for (let octets = session.content; octets.length > 0; ) {
    const element = elementOf(octets);
    if (element === undefined) return undefined;
    if (element.tag === VERIFY_RESULT) verifyResult = integerIn(element.content);
    if (element.tag === FLAGS) flags = integerIn(element.content);
    octets = element.rest;
  }
  return { hasExtendedMasterSecret: flags % 2 === EXTENDED_MASTER_SECRET, verifyResult };
}

/** The first element of a DER encoding. X.690 §8.1. */
function elementOf(octets: Uint8Array): Element | undefined {
  const [tag, first] = octets;
  if (tag === undefined || first === undefined) return undefined;
  const lengthOctets = first < LONG_FORM ? 0 : first - LONG_FORM;
  const from = 2 + lengthOctets;
  let length = lengthOctets === 0 ? first : 0;
  for (const octet of octets.subarray(2, from)) length = length * 256 + octet;
  const until = from + length;
  if (until > octets.length) return undefined;
  return { tag, content: octets.subarray(from, until), rest: octets.subarray(until) };
}

/** The INTEGER inside an explicit tag, which is not negative; NaN for what is none. */
function integerIn(content: Uint8Array): number {
  const integer = elementOf(content);
  return integer?.tag === 2 ? integer.content.reduce((value, octet) => value * 256 + octet, 0) : Number.NaN;
}

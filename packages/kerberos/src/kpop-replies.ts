/** The accepted handshake, in one piece: an empty error frame, then the AP-REP if the client wants one. */
export function kpopAccepted(apRep: Uint8Array | undefined): Uint8Array {
  const noError = new Uint8Array(4);
  return apRep === undefined ? noError : Buffer.concat([noError, frame(apRep)]);
}

const frame = (octets: Uint8Array): Uint8Array => {
  const framed = Buffer.alloc(4 + octets.length);
  framed.writeUInt32BE(octets.length);
  framed.set(octets, 4);
  return framed;
};

/** DER of one element of less than 128 octets. */
const element = (tag: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const inner = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag, inner.length), inner]);
};

const field = (number: number, content: Uint8Array): Uint8Array => element(0xa0 + number, content);
const integer = (value: number): Uint8Array => element(0x02, Uint8Array.of(value));
const generalString = (text: string): Uint8Array => element(0x1b, Buffer.from(text, "latin1"));

const KRB_ERR_GENERIC = 60;
const KRB_ERROR = 30;
const NT_SRV_INST = 2;

/**
 * The one answer to every client that is turned away: an error frame with a KRB-ERROR. RFC 4120 §5.9.1.
 *
 * It tells neither the reason, nor our clock, nor the names of our keys; what stands in their place is fixed.
 */
export const KPOP_REFUSED: Uint8Array = frame(
  element(
    0x7e,
    element(
      0x30,
      field(0, integer(5)),
      field(1, integer(KRB_ERROR)),
      field(4, element(0x18, Buffer.from("19700101000000Z", "latin1"))),
      field(5, integer(0)),
      field(6, integer(KRB_ERR_GENERIC)),
      field(9, generalString("?")),
      field(10, element(0x30, field(0, integer(NT_SRV_INST)), field(1, element(0x30, generalString("pop"))))),
      field(11, generalString("Kerberos authentication failed")),
    ),
  ),
);

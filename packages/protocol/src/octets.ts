export const LF = 0x0a;
export const CR = 0x0d;
export const DOT = 0x2e;
export const SPACE = 0x20;

export const CRLF: Uint8Array = Uint8Array.of(CR, LF);

/** Ends a multi-line response, after its last line's CRLF. RFC 1939 §3. */
export const TERMINATION: Uint8Array = Uint8Array.of(DOT, CR, LF);

import { encodeReply, type Fault, replyTo } from "@poplar/protocol";

/** The first octet of a TLS handshake came where POP is spoken in clear. */
export const TLS_ON_PLAINTEXT_PORT: Fault = {
  fault: "syntax",
  detail: "this port speaks plaintext POP3; use STLS, or connect to the POP3S port",
};

/** More octets than somebody unknown may have lying here. */
export const TOO_MUCH_BEFORE_LOGIN: Fault = { fault: "syntax", detail: "log in before you send so much" };

/** What somebody hears who speaks in clear where TLS comes first. RFC 8314 §3.3. */
export const PLAINTEXT_ON_TLS_PORT: string = encodeReply(
  replyTo({ fault: "syntax", detail: "this port speaks TLS from the first octet on (POP3S)" }),
);

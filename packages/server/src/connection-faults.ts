import { encodeReply, type Fault, replyTo } from "@poplar/protocol";

/** What somebody hears for whom there is no place. */
export const TOO_MANY_CONNECTIONS: string = encodeReply(replyTo({ fault: "too-many-connections" }));

/** The first octet of a TLS handshake came where POP is spoken in clear. */
export const TLS_ON_PLAINTEXT_PORT: Fault = {
  fault: "syntax",
  detail: "tls-on-plaintext-port",
};

/** More octets than somebody unknown may have lying here. */
export const TOO_MUCH_BEFORE_LOGIN: Fault = { fault: "syntax", detail: "too-much-before-login" };

/** What somebody hears who speaks in clear where TLS comes first. RFC 8314 §3.3. */
export const PLAINTEXT_ON_TLS_PORT: string = encodeReply(
  replyTo({ fault: "syntax", detail: "plaintext-on-tls-port" }),
);

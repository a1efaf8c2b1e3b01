import { createHmac, timingSafeEqual } from "node:crypto";
import { challenge, type Exchange, refused, utf8Of, type Verdict } from "./exchange.ts";

/** Finds the shared secret behind a name, in the clear: these mechanisms compute with it. */
export type FindSecret<Who, Why> = (
  authcid: string,
) => Promise<Verdict<{ readonly who: Who; readonly secret: string }, Why>>;

/** Computes HMAC-MD5 of a text with a secret that it does not tell. */
export type HmacMd5 = (text: string) => Uint8Array;

/** Like `FindSecret`; CRAM-MD5 alone can also do with what some servers keep in the place of the secret. */
export type FindHmacSecret<Who, Why> = (
  authcid: string,
) => Promise<Verdict<{ readonly who: Who; readonly secret: string | HmacMd5 }, Why>>;

/**
 * CRAM-MD5: the client shows that it knows the secret by a keyed digest of our challenge. RFC 2195 §2.
 *
 * @param timestamp `<unique@host>`: never the same twice over the fleet.
 */
export function cramMd5<Who, Why>(timestamp: string, find: FindHmacSecret<Who, Why>): Exchange<Who, Why> {
  let isAsked = false;
  return {
    next: async (response) => {
      if (!isAsked) {
        isAsked = true;
        // The server speaks first: an initial response is an error (RFC 5034 §4).
        return response === undefined ? challenge(timestamp) : refused("malformed-response");
      }
      const answer = /^(?<name>.+) (?<digest>[0-9a-f]{32})$/su.exec(
        utf8Of(response ?? new Uint8Array()) ?? "",
      );
      const { name, digest } = answer?.groups ?? {};
      if (name === undefined || digest === undefined) return refused("malformed-response");
      const found = await find(name);
      if ("why" in found) return refused(found.why);
      const { secret } = found.who;
      const expected =
        typeof secret === "string" ? createHmac("md5", secret).update(timestamp).digest() : secret(timestamp);
      if (!timingSafeEqual(expected, Buffer.from(digest, "hex"))) return refused("wrong-proof");
      return { step: "authenticated", who: found.who.who, authzid: undefined };
    },
  };
}

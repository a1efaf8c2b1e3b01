import { createHmac, timingSafeEqual } from "node:crypto";
import { challenge, type Exchange, refused, utf8Of, type Verdict } from "./exchange.ts";

/** Finds the shared secret behind a name, in the clear: these mechanisms compute with it. */
export type FindSecret<Who, Why> = (
  authcid: string,
) => Promise<Verdict<{ readonly who: Who; readonly secret: string }, Why>>;

/** Computes HMAC-MD5 of a text with a secret that it does not tell. */
export type HmacMd5 = (text: string) => Uint8Array;

/** A secret and whose it is; CRAM-MD5 can also do with what some servers keep in the place of the secret. */
export interface HmacSecret<Who> {
  readonly who: Who;
  readonly secret: string | HmacMd5;
}

/** Finds all secrets behind a name: a login may have a second one, and the digest tells which was meant. */
export type FindHmacSecrets<Who, Why> = (
  authcid: string,
) => Promise<Verdict<readonly HmacSecret<Who>[], Why>>;

/**
 * CRAM-MD5: the client shows that it knows the secret by a keyed digest of our challenge. RFC 2195 §2.
 *
 * @param timestamp `<unique@host>`: never the same twice over the fleet.
 */
export function cramMd5<Who, Why>(timestamp: string, find: FindHmacSecrets<Who, Why>): Exchange<Who, Why> {
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
      const shown = Buffer.from(digest, "hex");
      const match = found.who.find(({ secret }) => timingSafeEqual(hmacOf(secret, timestamp), shown));
      if (match === undefined) return refused("wrong-proof");
      return { step: "authenticated", who: match.who, authzid: undefined };
    },
  };
}

const hmacOf = (secret: string | HmacMd5, text: string): Uint8Array =>
  typeof secret === "string" ? createHmac("md5", secret).update(text).digest() : secret(text);

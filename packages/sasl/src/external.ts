import {
  challenge,
  concluded,
  EMPTY,
  type Exchange,
  identityOf,
  refused,
  utf8Of,
  type Verdict,
} from "./exchange.ts";

/** EXTERNAL: TLS has shown who the client is; it only says on whose behalf it acts. RFC 4422 appendix A. */
export function external<Who, Why>(
  verify: (authzid: string | undefined) => Promise<Verdict<Who, Why>>,
): Exchange<Who, Why> {
  return {
    next: async (response) => {
      if (response === undefined) return challenge(EMPTY);
      const text = utf8Of(response);
      if (text === undefined || text.includes("\0")) return refused("malformed-response");
      const authzid = identityOf(text);
      return concluded(await verify(authzid), authzid);
    },
  };
}

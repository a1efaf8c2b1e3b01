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

/** Judges a name and a password, as octets. */
export type VerifyPassword<Who, Why> = (authcid: string, password: Uint8Array) => Promise<Verdict<Who, Why>>;

/** RFC 4616 §2: each part is at most 255 octets. */
const partOctetsMax = 255;

const NUL = 0;

/** PLAIN: `[authzid] NUL authcid NUL passwd`, one message. RFC 4616. */
export function plain<Who, Why>(verify: VerifyPassword<Who, Why>): Exchange<Who, Why> {
  return {
    next: async (response) => {
      if (response === undefined) return challenge(EMPTY);
      const message = parsePlain(response);
      if (message === undefined) return refused("malformed-response");
      return concluded(await verify(message.authcid, message.password), message.authzid);
    },
  };
}

/** The three parts of a PLAIN message, or `undefined` when it is none: exactly two NULs. RFC 4616 §2. */
export function parsePlain(
  octets: Uint8Array,
): { authzid: string | undefined; authcid: string; password: Uint8Array } | undefined {
  const first = octets.indexOf(NUL);
  const second = octets.indexOf(NUL, first + 1);
  if (first === -1 || second === -1 || octets.includes(NUL, second + 1)) return undefined;
  const parts = [octets.subarray(0, first), octets.subarray(first + 1, second), octets.subarray(second + 1)];
  if (parts.some((part) => part.length > partOctetsMax)) return undefined;
  const [authzid, authcid] = parts.map(utf8Of);
  const [, , password] = parts;
  if (authzid === undefined || authcid === undefined || password === undefined) return undefined;
  if (authcid === "" || password.length === 0) return undefined;
  return { authzid: identityOf(authzid), authcid, password };
}

/** LOGIN: name and password, each after a prompt. Obsolete and everywhere; draft-murchison-sasl-login. */
export function login<Who, Why>(verify: VerifyPassword<Who, Why>): Exchange<Who, Why> {
  let authcid: string | undefined;
  return {
    next: async (response) => {
      if (response === undefined) return challenge("Username:");
      if (authcid === undefined) {
        authcid = utf8Of(response);
        return authcid === undefined || authcid === ""
          ? refused("malformed-response")
          : challenge("Password:");
      }
      if (response.length === 0) return refused("malformed-response");
      return concluded(await verify(authcid, response), undefined);
    },
  };
}

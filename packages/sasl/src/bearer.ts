import {
  challenge,
  concluded,
  EMPTY,
  type Exchange,
  identityOf,
  refused,
  type Step,
  utf8Of,
  type Verdict,
} from "./exchange.ts";

/** What a client of a bearer mechanism sends. */
export interface BearerClaim {
  readonly token: string;
  /** The name that it wants to be; the token decides. */
  readonly authzid: string | undefined;
}

/** Judges a bearer token. */
export type VerifyBearer<Who, Why> = (claim: BearerClaim) => Promise<Verdict<Who, Why>>;

/** What the error challenge says. RFC 7628 §3.2.2. */
export interface BearerError {
  readonly status: "invalid_token" | "invalid_request";
  readonly scope?: string;
  readonly "openid-configuration"?: string;
}

/** Shape of one bearer mechanism: how its message is read, and how its error challenge is written. */
interface BearerSyntax {
  readonly parse: (octets: Uint8Array) => BearerClaim | undefined;
  readonly errorChallenge: string;
}

/**
 * OAUTHBEARER. A refused token is answered by a challenge that says why; whatever the client then sends, it
 * is refused. RFC 7628 §3.2.3.
 */
export const oauthBearer = <Who, Why>(
  verify: VerifyBearer<Who, Why>,
  error: BearerError,
): Exchange<Who, Why> => bearer({ parse: parseOauthBearer, errorChallenge: JSON.stringify(error) }, verify);

/** XOAUTH2, the older form of the same that the large providers taught every client. */
export const xoauth2 = <Who, Why>(verify: VerifyBearer<Who, Why>, scope: string): Exchange<Who, Why> =>
  bearer(
    { parse: parseXoauth2, errorChallenge: JSON.stringify({ status: "400", schemes: "Bearer", scope }) },
    verify,
  );

function bearer<Who, Why>(syntax: BearerSyntax, verify: VerifyBearer<Who, Why>): Exchange<Who, Why> {
  let pending: Step<Who, Why> | undefined;
  return {
    next: async (response) => {
      if (pending !== undefined) return pending;
      if (response === undefined) return challenge(EMPTY);
      const claim = syntax.parse(response);
      const step: Step<Who, Why> =
        claim === undefined ? refused("malformed-response") : concluded(await verify(claim), undefined);
      if (step.step !== "refused") return step;
      pending = step;
      return challenge(syntax.errorChallenge);
    },
  };
}

const SOH = "\u0001";

/** `gs2-header kvsep *(key "=" value kvsep) kvsep`. RFC 7628 §3.1; unknown keys are passed over. */
export function parseOauthBearer(octets: Uint8Array): BearerClaim | undefined {
  const [header, ...fields] = (utf8Of(octets) ?? "").split(SOH);
  const gs2 = /^[ny],(?:a=(?<authzid>[^,]*))?,$/u.exec(header ?? "");
  if (gs2 === null || fields.at(-1) !== "" || fields.at(-2) !== "") return undefined;
  const token = bearerOf(fields);
  const authzid = saslNameOf(gs2.groups?.["authzid"] ?? "");
  return token === undefined || authzid === undefined ? undefined : { token, authzid: identityOf(authzid) };
}

/** `user=name ^A auth=Bearer token ^A ^A`. */
export function parseXoauth2(octets: Uint8Array): BearerClaim | undefined {
  const [first, ...fields] = (utf8Of(octets) ?? "").split(SOH);
  if (first?.startsWith("user=") !== true || fields.at(-1) !== "") return undefined;
  const token = bearerOf(fields);
  return token === undefined ? undefined : { token, authzid: identityOf(first.slice("user=".length)) };
}

/** RFC 6750 §2.1: `Bearer` and a b64token; the scheme's case does not matter. */
function bearerOf(fields: readonly string[]): string | undefined {
  const auth = fields.find((field) => field.startsWith("auth="));
  return /^auth=bearer +(?<token>[A-Za-z0-9\-._~+/]+=*)$/iu.exec(auth ?? "")?.groups?.["token"];
}

/** RFC 5801 §4: "=2C" is a comma and "=3D" an equals sign; any other "=" is an error. */
export function saslNameOf(text: string): string | undefined {
  if (/=(?!2C|3D)/u.test(text)) return undefined;
  return text.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

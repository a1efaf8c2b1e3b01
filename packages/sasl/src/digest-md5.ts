import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { FindSecret } from "./cram-md5.ts";
import { challenge, type Exchange, identityOf, refused, type Step, utf8Of } from "./exchange.ts";

export interface DigestMd5Options {
  /** What the client shows its user as the realm; usually the host name. */
  readonly realm: string;
  /** Host names that may stand in the client's `digest-uri`, in lower case. */
  readonly hosts: readonly string[];
  /** Given only by tests. */
  readonly nonce?: string;
}

/**
 * DIGEST-MD5 with quality of protection `auth`, without subsequent authentication. RFC 2831; historic since
 * RFC 6331, and what some old clients still do best.
 */
export function digestMd5<Who, Why>(
  options: DigestMd5Options,
  find: FindSecret<Who, Why>,
): Exchange<Who, Why> {
  const nonce = options.nonce ?? randomBytes(18).toString("base64");
  let next: (response: Uint8Array | undefined) => Promise<Step<Who, Why>> = async (response) => {
    next = answer;
    return response === undefined
      ? challenge(`realm="${options.realm}",nonce="${nonce}",qop="auth",charset=utf-8,algorithm=md5-sess`)
      : refused("malformed-response");
  };
  return { next: async (response) => next(response) };

  async function answer(response: Uint8Array | undefined): Promise<Step<Who, Why>> {
    const directives = parseDirectives(response ?? new Uint8Array());
    const claim = directives === undefined ? undefined : claimOf(directives);
    if (claim === undefined) return refused("malformed-response");
    if (claim.nonce !== nonce || claim.count !== "00000001") return refused("wrong-proof");
    if (!options.hosts.includes(claim.host)) return refused("wrong-channel-binding");
    const found = await find(claim.username);
    if ("why" in found) return refused(found.why);
    const proof = proofOf(claim, found.who.secret, "AUTHENTICATE");
    if (!timingSafeEqual(Buffer.from(proof), Buffer.from(claim.response))) return refused("wrong-proof");
    const { who } = found.who;
    next = async (last) =>
      last === undefined || last.length === 0
        ? { step: "authenticated", who, authzid: claim.authzid }
        : refused("malformed-response");
    return challenge(`rspauth=${proofOf(claim, found.who.secret, "")}`);
  }
}

interface DigestClaim {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly count: string;
  readonly uri: string;
  readonly host: string;
  readonly response: string;
  readonly authzid: string | undefined;
  readonly encoding: BufferEncoding;
}

/** `name=value` or `name="value"`, with commas between and none twice. RFC 2831 §7.1. */
function parseDirectives(octets: Uint8Array): ReadonlyMap<string, string> | undefined {
  const text = utf8Of(octets) ?? Buffer.from(octets).toString("latin1");
  const directives = new Map<string, string>();
  // Blanks can be taken in one place only: with two of them a stranger's blanks would cost their square.
  const directive = /[ \t]*(?:([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))[ \t]*)?(?:,|$)/giuy;
  while (directive.lastIndex < text.length) {
    const match = directive.exec(text);
    if (match === null) return undefined;
    const [, name, quoted, token] = match;
    if (name === undefined) continue;
    if (directives.has(name.toLowerCase())) return undefined;
    directives.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/gsu, "$1") ?? token ?? "");
  }
  return directives;
}

function claimOf(directives: ReadonlyMap<string, string>): DigestClaim | undefined {
  const value = (name: string): string => directives.get(name) ?? "";
  const service = /^pop\/(?<host>[^/]+)(?:\/.*)?$/iu.exec(value("digest-uri"))?.groups?.["host"];
  const isWhole = ["username", "nonce", "cnonce", "nc"].every((name) => value(name) !== "");
  if (service === undefined || !isWhole || !/^[0-9a-f]{32}$/u.test(value("response"))) return undefined;
  if ((directives.get("qop") ?? "auth") !== "auth") return undefined;
  return {
    username: value("username"),
    realm: value("realm"),
    nonce: value("nonce"),
    cnonce: value("cnonce"),
    count: value("nc"),
    uri: value("digest-uri"),
    host: service.toLowerCase(),
    response: value("response"),
    authzid: identityOf(value("authzid")),
    encoding: directives.get("charset") === "utf-8" ? "utf8" : "latin1",
  };
}

/** The response value; with no method in A2 it is the server's own proof. RFC 2831 §2.1.2.1, §2.1.3. */
function proofOf(claim: DigestClaim, secret: string, method: "AUTHENTICATE" | ""): string {
  const credentials = Buffer.concat([
    encoded(claim.username),
    Buffer.from(":"),
    encoded(claim.realm),
    Buffer.from(":"),
    encoded(secret),
  ]);
  const session = createHash("md5")
    .update(md5(credentials))
    .update(`:${claim.nonce}:${claim.cnonce}`)
    .update(claim.authzid === undefined ? "" : `:${claim.authzid}`)
    .digest("hex");
  const target = md5(Buffer.from(`${method}:${claim.uri}`, claim.encoding)).toString("hex");
  return md5(Buffer.from(`${session}:${claim.nonce}:${claim.count}:${claim.cnonce}:auth:${target}`)).toString(
    "hex",
  );
}

const md5 = (octets: Uint8Array): Buffer => createHash("md5").update(octets).digest();

/** RFC 2831 §2.1.2.1: what fits into ISO 8859-1 is hashed in it, whatever it travelled in. */
function encoded(text: string): Buffer {
  const latin1 = Buffer.from(text, "latin1");
  return latin1.toString("latin1") === text ? latin1 : Buffer.from(text, "utf8");
}

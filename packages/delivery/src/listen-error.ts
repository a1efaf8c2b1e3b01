import { addressOf, type LmtpEndpoint } from "./lmtp-endpoint.ts";

const reasons: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "another process listens there, or a file is in the way"],
  ["EACCES", "this user may not listen there"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTFOUND", "there is no host of that name"],
  ["ENOENT", "there is no such directory"],
]);

/** LMTP could not be opened. The message is a sentence for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  constructor(endpoint: LmtpEndpoint, cause: unknown) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    super(`lmtp cannot listen on ${addressOf(endpoint)}: ${reasons.get(code) ?? String(cause)}`, { cause });
  }
}

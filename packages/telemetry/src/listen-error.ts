const reasons: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "the port is in use"],
  ["EACCES", "this user may not listen there"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTFOUND", "there is no host of that name"],
  ["ENOENT", "there is no such directory"],
]);

/** A listener could not be opened. The message is a sentence for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  /** @param address where it was to listen: `host:port`, or the path of a Unix socket. */
  constructor(listener: string, address: string, cause: unknown) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const isTakenPath = code === "EADDRINUSE" && address.includes("/");
    const reason = isTakenPath ? "another process listens there, or a file is in the way" : reasons.get(code);
    super(`${listener} cannot listen on ${address}: ${reason ?? String(cause)}`, { cause });
  }
}

/** What stands in the way, and what to do, by the code of Node. */
const reasons: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "the port is in use; stop what listens there (ss -ltnp tells), or choose another port"],
  [
    "EACCES",
    "this user may not listen there; choose a port from 1024 on, or start it with CAP_NET_BIND_SERVICE",
  ],
  ["EADDRNOTAVAIL", "this machine has no such address; correct host"],
  ["ENOTFOUND", "there is no host of that name; correct host"],
  ["ENOENT", "there is no such directory; make it, or correct lmtp-socket"],
]);

const isTaken = "another process listens there, or a file is in the way; stop it, or remove the file";

/** A listener could not be opened. The message is a sentence for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  /** @param address where it was to listen: `host:port`, or the path of a Unix socket. */
  constructor(listener: string, address: string, cause: unknown) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const isTakenPath = code === "EADDRINUSE" && address.includes("/");
    const reason = isTakenPath ? isTaken : reasons.get(code);
    super(`${listener} cannot listen on ${address}: ${reason ?? String(cause)}`, { cause });
  }
}

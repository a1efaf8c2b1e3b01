import type { PopListener } from "./pop-service.ts";

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "the port is in use"],
  ["EACCES", "this user may not open that port"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTFOUND", "there is no host of that name"],
]);

/** A listener could not be opened. The message is a sentence for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly listener: string;

  constructor(listener: PopListener, cause: Error) {
    const { name, host, port } = listener;
    const code = "code" in cause ? cause.code : undefined;
    super(`${name} cannot listen on ${host}:${port}: ${REASONS.get(code) ?? cause.message}`, { cause });
    this.listener = name;
  }
}

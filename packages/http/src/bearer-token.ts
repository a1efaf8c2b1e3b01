import { isIP } from "node:net";
import { plainAddress } from "@poplar/maildrop";
import { type Actor, identifyActor, isOperationFault, type OperationPorts } from "@poplar/operations";
import type { FastifyRequest } from "fastify";
import { type Problem, problemOf } from "./problem.ts";
import type { RequestLimits } from "./request-limits.ts";

/** Who asks, and the token that says so. */
export interface Caller {
  readonly actor: Actor;
  readonly token: string;
}

/** What callers are told apart with. */
export interface TokenJudge {
  readonly ports: Pick<OperationPorts, "tokens">;
  /** The server's own. */
  readonly token: string;
  readonly limits: RequestLimits;
}

/** Finds out who asks, by the bearer token (RFC 6750 §2.1), and whether he asks too often. */
export async function identifyCaller(
  { ports, token: platformToken, limits }: TokenJudge,
  request: FastifyRequest,
): Promise<Caller | Problem> {
  const address = addressOf(request);
  const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const actor =
    token === undefined ? undefined : await identifyActor(ports, { token, platformToken, address });
  if (isOperationFault(actor)) return problemOf(actor);
  if (actor === undefined || token === undefined) {
    const strangerWaits = await limits.countStranger(address);
    return strangerWaits > 0 ? tooMany(strangerWaits) : unauthorized;
  }
  const waitSeconds = await limits.count(actor.scope.role, actor.name ?? "");
  return waitSeconds > 0 ? tooMany(waitSeconds) : { actor, token };
}

/**
 * Of the client, as logs and networks have it. A proxy that passes on what its clients say may give anything
 * for one: then it is the proxy that asks.
 */
export function addressOf({ ip, socket }: FastifyRequest): string {
  const plain = plainAddress(ip);
  return isIP(plain) === 0 ? plainAddress(socket.remoteAddress ?? "") : plain;
}

/** He has to wait. RFC 6585 §4. */
export const tooMany = (retryAfterSeconds: number): Problem => ({
  status: 429,
  code: "too-many-requests",
  detail: "You ask too often; wait as long as Retry-After says.",
  headers: { "retry-after": String(retryAfterSeconds) },
});

const unauthorized: Problem = {
  status: 401,
  code: "unauthorized",
  detail: "The API wants a valid bearer token; the server keeps it in the file api-token of its data dir.",
  headers: { "www-authenticate": 'Bearer realm="poplar"' },
};

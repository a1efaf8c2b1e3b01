import {
  closeOwnerToken,
  isOperationFault,
  type OperationPorts,
  openOwnerToken,
  peerAt,
} from "@poplar/operations";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addressOf, type Caller, tooMany } from "./bearer-token.ts";
import { type Problem, problemOf, sendProblem } from "./problem.ts";
import type { RequestLimits } from "./request-limits.ts";

/** What owners of logins come in by. */
export interface OwnerRouteOptions {
  readonly ports: OperationPorts;
  readonly limits: RequestLimits;
  /** May a password from this address come without TLS? */
  readonly isPlaintextAllowed: (address: string) => boolean;
}

/** Where a password is exchanged for a token: the only route that takes one in the place of a token. */
export const ownerTokenUrl = "/me/token";

/** Gives owners of logins their tokens. ADR 0018. */
export function addOwnerRoutes(
  http: FastifyInstance,
  { ports, limits, isPlaintextAllowed }: OwnerRouteOptions,
): void {
  http.post(ownerTokenUrl, async (request, reply) => {
    if (!mayCarryPassword(request, isPlaintextAllowed)) return sendProblem(reply, tlsRequired);
    const address = addressOf(request);
    const waitSeconds = await limits.countStranger(address);
    if (waitSeconds > 0) return sendProblem(reply, tooMany(waitSeconds));
    const shown = basicCredentials(request.headers.authorization);
    if (shown === undefined) return sendProblem(reply, basicWanted);
    const code = request.headers["one-time-code"];
    const proof = { ...shown, code: typeof code === "string" ? code : undefined };
    const outcome = await openOwnerToken(ports, proof, peerAt(address));
    if (!isOperationFault(outcome)) return reply.code(201).send(outcome);
    const { detail } = problemOf(outcome);
    return outcome.operationFault === "not-proven"
      ? sendProblem(reply, { ...basicWanted, code: "not-proven", detail })
      : sendProblem(reply, problemOf(outcome));
  });
  http.delete(ownerTokenUrl, async (request, reply): Promise<FastifyReply> => {
    const { token } = request.getDecorator<Caller>("caller");
    const outcome = await closeOwnerToken(ports, token);
    return outcome === undefined ? reply.code(204).send() : sendProblem(reply, problemOf(outcome));
  });
}

/** Is this a link over which an owner's password may come? */
export const mayCarryPassword = (
  request: FastifyRequest,
  isPlaintextAllowed: OwnerRouteOptions["isPlaintextAllowed"],
): boolean => request.protocol === "https" || isPlaintextAllowed(addressOf(request));

/** A name and a password. RFC 7617 §2. */
function basicCredentials(
  header: string | undefined,
): { readonly name: string; readonly password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

const basicWanted: Problem = {
  status: 401,
  code: "unauthorized",
  detail:
    "Show the name of a login and its password by HTTP Basic, and the code in One-Time-Code if it has one.",
  headers: { "www-authenticate": 'Basic realm="poplar", charset="UTF-8"' },
};

/** It is not. */
export const tlsRequired: Problem = {
  status: 403,
  code: "tls-required",
  detail: "Passwords are taken over TLS only.",
};

import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { sendProblem } from "./problem.ts";

/** Lets nobody in who does not show the token. RFC 6750 §2.1. Takes the same time whatever is shown. */
export function requireBearerToken(
  token: string,
): (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void {
  // Digests have one length, so that not even the token's length shows.
  const expected = digest(token);
  return (request, reply, done) => {
    const shown = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    if (shown !== undefined && timingSafeEqual(digest(shown), expected)) {
      done();
      return;
    }
    reply.header("www-authenticate", 'Bearer realm="poplar"');
    sendProblem(reply, {
      status: 401,
      code: "unauthorized",
      detail:
        "The API wants a valid bearer token; the server keeps it in the file api-token of its data dir.",
    });
  };
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

import { STATUS_CODES } from "node:http";
import type { OperationFault, OperationFaultCode } from "@poplar/operations";
import type { FastifyReply } from "fastify";

/** What a request that failed is told. RFC 9457. */
export interface Problem {
  readonly status: number;
  /** A stable word, e.g. `not-found`. */
  readonly code: string;
  /** A sentence. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const statusOf: Readonly<Record<OperationFaultCode, number>> = {
  "invalid-input": 400,
  forbidden: 403,
  "not-proven": 403,
  "not-found": 404,
  "already-exists": 409,
  "not-empty": 409,
  "too-many": 409,
  "message-too-big": 413,
  "not-delivered": 500,
  "no-secret-key": 501,
  busy: 503,
  "lease-store-down": 503,
  "storage-down": 503,
  "over-quota": 507,
};

/** The only place where a fault becomes a status. */
export const problemOf = ({ operationFault: code, message }: OperationFault): Problem => ({
  status: statusOf[code],
  code,
  detail: message,
});

/** Sends a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers ?? {})
    .header("content-type", "application/problem+json; charset=utf-8")
    .send(JSON.stringify(problemBody(problem)));
}

/** The problem document. */
export const problemBody = ({ status, code, detail }: Problem): object => ({
  type: "about:blank",
  title: STATUS_CODES[status],
  status,
  code,
  detail,
});

/** Tells a problem from an answer. */
export const isProblem = (value: object): value is Problem => "code" in value && "detail" in value;

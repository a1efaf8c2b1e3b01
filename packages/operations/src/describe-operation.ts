import type { Role } from "@poplar/maildrop";
import { z } from "zod";
import { answerSchemaOf, ownerToken } from "./answer-schemas.ts";
import type { Operation } from "./operation.ts";
import { type OperationName, rolesOf, summaryOf } from "./role-table.ts";

/** JSON Schema, 2020-12: that of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A use case for whoever wants to call it. */
export interface OperationDescription {
  readonly name: OperationName;
  readonly summary: string;
  readonly roles: readonly Role[];
  /** What the fields may be: made from the schema that checks them. */
  readonly input: JsonSchema;
  /** `undefined`: it answers nothing. */
  readonly answer: JsonSchema | undefined;
}

/** Describes a use case. */
export function describeOperation({
  name,
  inputSchema,
}: Pick<Operation<unknown, unknown>, "name" | "inputSchema">): OperationDescription {
  const answer = answerSchemaOf(name);
  return {
    name,
    summary: summaryOf(name),
    roles: rolesOf(name),
    // A stream has no schema: it is the body.
    input: bare(z.toJSONSchema(inputSchema, { io: "input", unrepresentable: "any" })),
    answer: answer && bare(z.toJSONSchema(answer)),
  };
}

/** What an owner gets for his password. */
export const ownerTokenSchema: JsonSchema = bare(z.toJSONSchema(ownerToken));

/** OpenAPI says once for all which JSON Schema it is. */
function bare(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "$schema"));
}

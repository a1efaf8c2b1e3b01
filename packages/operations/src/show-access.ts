import type { Role } from "@poplar/maildrop";
import { z } from "zod";
import { defineOperation, type Operation } from "./operation.ts";
import { type OperationName, operationNames, rolesOf } from "./role-table.ts";

/** What a token opens. What is `null` does not narrow it. */
export interface AccessEntry {
  /** The label of the token, or the login whose it is. */
  readonly name: string;
  readonly role: Role;
  readonly tenant: string | null;
  readonly domain: string | null;
  readonly login: string | null;
  /** The use cases that the role has, in the order of the table. */
  readonly operations: readonly OperationName[];
}

/** Tells whoever asks who he is and what he may do: pages and programs offer just that. */
export const showAccess: Operation<Record<string, never>, AccessEntry> = defineOperation({
  name: "show-access",
  inputSchema: z.strictObject({}),
  reach: () => [],
  perform: async (_ports, _input, { scope, name }) => ({
    name: name ?? "the server",
    role: scope.role,
    tenant: scope.role === "tenant" ? scope.tenant : null,
    domain: scope.role === "domain" ? scope.domain : null,
    login: scope.role === "self" ? scope.login : null,
    operations: operationNames.filter((operation) => rolesOf(operation).includes(scope.role)),
  }),
});

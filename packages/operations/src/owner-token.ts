import { isRegistryFault, type Peer } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { freshToken, verifierOf } from "./access-token.ts";
import { faultOfRegistry, type OperationFault, storageDown } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";

/** What the owner of a login shows. */
export interface OwnerProof {
  readonly name: string;
  readonly password: string;
  /** From the authenticator app, where the login has one. */
  readonly code: string | undefined;
}

/** A token of the owner of a login. */
export interface OwnerToken {
  readonly token: string;
  readonly login: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string;
}

const tokenMs = 15 * 60 * 1000;
const codeSchema = z.string().regex(/^\d{6}$/);

/** The owner did not prove that he is it. What was wrong is in the audit, and not for strangers. */
export const notProven: OperationFault = {
  operationFault: "not-proven",
  message: "The name, the password or the one-time code is not right, or the login may not come in this way.",
};

/**
 * Checks an owner at the same door as POP: counted, slowed down, and in the audit. App passwords do not open
 * it.
 *
 * @returns the canonical name of the login.
 */
export async function proveOwner(
  { owners }: Pick<OperationPorts, "owners">,
  { name, password, code }: OwnerProof,
  peer: Peer,
): Promise<string | OperationFault> {
  if (code !== undefined && !codeSchema.safeParse(code).success) return notProven;
  const proven = await owners.verifyOwner(name, { password: Buffer.from(password), code }, peer);
  if (!isFault(proven)) return proven.login;
  if (proven.fault === "storage-down") return storageDown("cause" in proven ? proven.cause : proven);
  if (proven.fault === "bad-credentials") return notProven;
  return {
    operationFault: "busy",
    message: "The server cannot check passwords at the moment; try again in a few seconds.",
    cause: proven,
  };
}

/** Gives the owner of a login a token for a quarter of an hour, in return for his password. ADR 0018. */
export async function openOwnerToken(
  ports: Pick<OperationPorts, "owners" | "tokens">,
  proof: OwnerProof,
  peer: Peer,
): Promise<OwnerToken | OperationFault> {
  const login = await proveOwner(ports, proof, peer);
  if (typeof login !== "string") return login;
  const { token, verifier } = freshToken();
  const expiresAt = new Date(Date.now() + tokenMs);
  const scope = { role: "self", login } as const;
  const added = await ports.tokens.addToken({ verifier, label: login, scope, createdBy: login, expiresAt });
  return isRegistryFault(added)
    ? faultOfRegistry(added)
    : { token, login, expiresAt: expiresAt.toISOString() };
}

/** Ends it before its time. */
export async function closeOwnerToken(
  { tokens }: Pick<OperationPorts, "tokens">,
  token: string,
): Promise<undefined | OperationFault> {
  const ended = await tokens.endToken(verifierOf(token));
  return isRegistryFault(ended) ? faultOfRegistry(ended) : undefined;
}

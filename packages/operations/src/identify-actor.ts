import { timingSafeEqual } from "node:crypto";
import { isRegistryFault } from "@poplar/maildrop";
import { isOurs, verifierOf } from "./access-token.ts";
import type { Actor } from "./actor.ts";
import { faultOfRegistry, type OperationFault } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";
import { PLATFORM_TOKEN_LABEL } from "./tokens.ts";

/** A token as it was shown, and the server's own. */
export interface ShownToken {
  readonly token: string;
  /** The one that is made with the server, and works without the database. */
  readonly platformToken: string;
  readonly address: string;
}

/** Whose token it is; `undefined` for one that is worth nothing. */
export async function identifyActor(
  { tokens }: Pick<OperationPorts, "tokens">,
  { token, platformToken, address }: ShownToken,
): Promise<Actor | undefined | OperationFault> {
  // Digests have one length, so that not even the token's length shows.
  if (timingSafeEqual(verifierOf(token), verifierOf(platformToken))) {
    return { scope: { role: "platform" }, name: PLATFORM_TOKEN_LABEL, address };
  }
  if (!isOurs(token)) return undefined;
  const found = await tokens.findToken(verifierOf(token));
  if (isRegistryFault(found)) return faultOfRegistry(found);
  if (found === undefined) return undefined;
  const { scope, label, tokenId, expiresAt } = found;
  return { scope, name: label, address, tokenId, expiresAt };
}

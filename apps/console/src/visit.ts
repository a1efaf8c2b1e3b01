import type { AccessEntry, OperationName } from "@poplar/operations";
import { Api } from "./api.ts";
import { ApiProblem, endToken, exchangePassword, sendWith } from "./send.ts";

/** Somebody who has shown a token, for as long as it is good. */
export interface Visit {
  readonly access: AccessEntry;
  readonly api: Api;
  readonly may: (operation: OperationName) => boolean;
}

/** Of this tab alone, and gone with it: never in localStorage, a cookie or an address. */
const storageKey = "poplar-token";

/** Shows a token to the server. Rejects with `ApiProblem` when it is worth nothing. */
export async function openVisit(token: string, ended: () => void): Promise<Visit> {
  const api = new Api(sendWith(token, ended));
  const access = await api.access();
  sessionStorage.setItem(storageKey, token);
  return { access, api, may: (operation) => access.operations.includes(operation) };
}

/** Exchanges a password for a token, and shows that. */
export async function openOwnVisit(
  proof: { readonly name: string; readonly password: string; readonly code: string },
  ended: () => void,
): Promise<Visit> {
  const answer = await exchangePassword(proof.name, proof.password, proof.code);
  const isAnswer = typeof answer === "object" && answer !== null && "token" in answer;
  if (!isAnswer) throw new ApiProblem(0, "unknown", "The server answers without a token.");
  return openVisit(String(answer.token), ended);
}

/** After a reload of the page; `undefined` when nobody is there. */
export async function resumeVisit(ended: () => void): Promise<Visit | undefined> {
  const token = sessionStorage.getItem(storageKey);
  return token === null ? undefined : openVisit(token, ended);
}

/**
 * Forgets the token. That of an owner was made for this visit and ends; that of an operator is his, and
 * scripts may use it: it goes on until it is revoked.
 */
export async function closeVisit({ access }: Visit): Promise<void> {
  const token = sessionStorage.getItem(storageKey);
  forgetToken();
  if (token !== null && access.role === "self") await endToken(token);
}

/** Forgets the token, which is worth nothing. */
export const forgetToken = (): void => sessionStorage.removeItem(storageKey);

import { isRegistryFault, type Login, type RegistryFault } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey, type OperationFault } from "./operation-fault.ts";
import { type PageInput, pageFields, pageOf } from "./page.ts";
import type { OperationPorts } from "./ports.ts";

/** Which logins, and whether anything is to be changed. */
export interface ResealInput extends PageInput {
  /** Only count what lies under an older key. */
  readonly isDryRun?: boolean | undefined;
}

/** What became of the secrets of one slice of logins. */
export interface ResealedSecrets {
  readonly logins: number;
  /** Secrets that lay under an older key. */
  readonly outdated: number;
  /** Of these, those that no key opens: their logins need a new password. */
  readonly unreadable: number;
  /** App passwords under an older key: each is made anew the next time its owner shows it. */
  readonly awaited: number;
  /** `after` for the slice that follows; `null` at the end. */
  readonly next: string | null;
}

type Tally = { -readonly [Name in "outdated" | "unreadable" | "awaited"]: number };

/** Seals again, under the newest key, what lies under an older one: then that key can be taken away. */
export const resealSecrets: Operation<ResealInput, ResealedSecrets> = defineOperation({
  name: "reseal-secrets",
  inputSchema: z.strictObject({
    ...pageFields,
    isDryRun: z.boolean({ error: "must be true or false" }).default(false),
  }),
  reach: () => [],
  subject: () => "secrets",
  perform: async (ports, { isDryRun, ...page }, { scope }) => {
    if (!ports.maker.canSeal) return noSecretKey;
    const logins = await ports.registry.listLogins(undefined, pageOf(page), scope);
    if (isRegistryFault(logins)) return logins;
    const tally: Tally = { outdated: 0, unreadable: 0, awaited: 0 };
    for (const { name } of logins) {
      const login = await ports.directory.findLogin(name);
      if (isFault(login)) return { registryFault: "storage-down", cause: login };
      const fault = login && (await resealLogin(ports, login, isDryRun, tally));
      if (fault !== undefined) return fault;
    }
    const last = logins.at(-1);
    return {
      logins: logins.length,
      ...tally,
      next: last === undefined || logins.length < page.limit ? null : last.name,
    };
  },
});

async function resealLogin(
  { credentials, maker }: Pick<OperationPorts, "credentials" | "maker">,
  login: Login,
  isDryRun: boolean,
  tally: Tally,
): Promise<RegistryFault | OperationFault | undefined> {
  for (const credential of login.credentials) {
    const better = maker.reseal(credential);
    if (better === "current") continue;
    if (better === "awaits-owner") {
      tally.awaited += 1;
      continue;
    }
    tally.outdated += 1;
    if (better === "unreadable") tally.unreadable += 1;
    else if (!isDryRun) {
      const { credentialId, verifier } = credential;
      // Whoever was faster has sealed it again, or has changed it.
      const replaced = await credentials.resealVerifier(credentialId, verifier, better.verifier);
      if (isRegistryFault(replaced)) return replaced;
    }
  }
  return undefined;
}

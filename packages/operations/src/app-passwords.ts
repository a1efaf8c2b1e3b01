import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type CredentialEntry, credentialEntry } from "./entries.ts";
import { credentialLabel, inDays, lifetimeDays, loginName, networks } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { noSecretKey } from "./operation-fault.ts";
import { numberedPageFields, type PageInput, pageOf, type Slice, sliceOf } from "./page.ts";
import type { LoginInput } from "./show-login.ts";

/** An app password to be. */
export interface NewAppPasswordInput {
  readonly name: string;
  /** One for each device or program. */
  readonly label: string;
  /** The only networks that it opens from; all when absent. */
  readonly networks?: readonly string[] | undefined;
  /** When it ends; never when absent. */
  readonly expiresInDays?: number | undefined;
}

/** An app password, once: nobody can read it again. */
export interface NewAppPassword extends CredentialEntry {
  readonly password: string;
}

/** Which app password. */
export interface AppPasswordInput {
  readonly name: string;
  readonly label: string;
}

/** Whose credentials. */
export interface CredentialsInput extends LoginInput, PageInput {}

/** Makes a password for one device, which nobody has to remember and which can be taken back by itself. */
export const addAppPassword: Operation<NewAppPasswordInput, NewAppPassword> = defineOperation({
  name: "add-app-password",
  inputSchema: z.strictObject({
    name: loginName(),
    label: credentialLabel(),
    networks: networks().optional(),
    expiresInDays: lifetimeDays().optional(),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials, maker }, input) => {
    if (!maker.canSeal) return noSecretKey;
    const { password, verifier } = maker.newAppPassword();
    const { expiresInDays } = input;
    const added = await credentials.addCredential(input.name, {
      kind: "app-password",
      verifier,
      label: input.label,
      scopes: ["pop"],
      ...(input.networks === undefined ? {} : { networks: input.networks }),
      ...(expiresInDays === undefined ? {} : { expiresAt: inDays(expiresInDays) }),
    });
    return isRegistryFault(added) ? added : { ...credentialEntry(added), password };
  },
});

/** Takes an app password back. */
export const revokeAppPassword: Operation<AppPasswordInput, undefined> = defineOperation({
  name: "revoke-app-password",
  inputSchema: z.strictObject({ name: loginName(), label: credentialLabel() }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials }, input) =>
    credentials.removeCredentials(input.name, ["app-password"], input.label),
});

/** Everything that opens a login, never the secrets themselves. */
export const listCredentials: Operation<CredentialsInput, Slice<CredentialEntry>> = defineOperation({
  name: "list-credentials",
  inputSchema: z.strictObject({ name: loginName(), ...numberedPageFields }),
  reach: ({ name }) => [{ login: name }],
  perform: async ({ credentials }, { name, ...page }) => {
    const listed = await credentials.listCredentials(name, pageOf(page));
    if (isRegistryFault(listed)) return listed;
    return sliceOf(listed, page.limit, credentialEntry, ({ credentialId }) => String(credentialId));
  },
});

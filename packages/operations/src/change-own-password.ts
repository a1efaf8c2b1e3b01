import type { Peer } from "@poplar/maildrop";
import { z } from "zod";
import { loginName, password } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { isOperationFault } from "./operation-fault.ts";
import { proveOwner } from "./owner-token.ts";
import { type ChangedPassword, setPassword } from "./set-password.ts";

/** A new password of one's own login. */
export interface OwnPasswordInput {
  readonly name: string;
  readonly currentPassword: string;
  /** From the authenticator app, where the login has one. */
  readonly code?: string | undefined;
  readonly password: string;
  /** Leave the app passwords as they are; when absent they stay. */
  readonly keepsAppPasswords?: boolean | undefined;
  /** Let sessions that are open go on; when absent they are ended. */
  readonly keepsSessions?: boolean | undefined;
}

/**
 * Changes the password of one's own login for whoever knows the old one: a token that was left open somewhere
 * is not enough. All tokens of the login end with it.
 *
 * App passwords stay unless told otherwise: he sees his devices, and knows which are his.
 */
export const changeOwnPassword: Operation<OwnPasswordInput, ChangedPassword> = defineOperation({
  name: "change-own-password",
  inputSchema: z.strictObject({
    name: loginName(),
    currentPassword: z.string({ error: "must be text" }).max(1000, { error: "is too long" }),
    code: z.string({ error: "must be text" }).max(6, { error: "is too long" }).optional(),
    password: password(),
    keepsAppPasswords: z.boolean().default(true),
    keepsSessions: z.boolean().default(false),
  }),
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async (ports, { name, currentPassword, code, ...chosen }, { address }) => {
    const proven = await proveOwner(ports, { name, password: currentPassword, code }, peerAt(address ?? ""));
    return isOperationFault(proven) ? proven : setPassword.run(ports, { name, ...chosen });
  },
});

/** Who comes here has come in over a link that was good enough for his password before. */
export const peerAt = (address: string): Peer => ({
  address,
  isTlsActive: true,
  isPlaintextAllowed: true,
  serverName: undefined,
  listener: "http",
  channelBindings: () => new Map(),
  clientCertificate: () => undefined,
});

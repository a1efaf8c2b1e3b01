import { type CredentialKind, isRegistryFault, type RegistryFault, type Scope } from "@poplar/maildrop";
import { z } from "zod";
import { type CredentialEntry, credentialEntry } from "./entries.ts";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { forbidden, isWithin } from "./permit.ts";
import type { OperationPorts } from "./ports.ts";

/** By which name somebody else vouches for a login. */
export interface SubjectInput {
  readonly name: string;
  readonly kind: "kerberos-principal" | "client-certificate" | "oauth-subject";
  /**
   * A principal with its realm; `sha256:…`, `subject:…` or `email:…` of a client certificate; issuer and
   * subject of OAuth tokens with a space between.
   */
  readonly subject: string;
}

const kinds = [
  "kerberos-principal",
  "client-certificate",
  "oauth-subject",
] as const satisfies readonly CredentialKind[];

const shapeOf: Readonly<Record<SubjectInput["kind"], RegExp>> = {
  "kerberos-principal": /^[^\s@]+@[^\s@]+$/,
  "client-certificate": /^(?:sha256:[0-9a-f]{64}|subject:\S.*|email:[^\s@]+@[^\s@]+)$/,
  "oauth-subject": /^https?:\/\/\S+ \S+$/,
};

const emailPrefix = "email:";

const exampleOf: Readonly<Record<SubjectInput["kind"], string>> = {
  "kerberos-principal": "a principal with its realm, such as alice@EXAMPLE.TEST",
  "client-certificate":
    "sha256: and a fingerprint, subject: and a distinguished name, or email: and an address",
  "oauth-subject": "an issuer and a subject, such as https://id.example.test 8c1f",
};

const inputSchema = z
  .strictObject({
    name: loginName(),
    kind: z.enum(kinds, { error: `must be one of ${kinds.join(", ")}` }),
    subject: z
      .string({ error: "must be text" })
      .max(1000, { error: "must have at most 1000 characters" })
      .regex(/^\P{Cc}*$/u, { error: "must not hold control characters" }),
  })
  .superRefine(({ kind, subject }, context) => {
    if (shapeOf[kind].test(subject)) return;
    context.addIssue({ code: "custom", path: ["subject"], message: `must be ${exampleOf[kind]}` });
  });

const notHisToGive = forbidden(
  "Whoever bears this name may belong to somebody else: it is mapped by whoever runs the server.",
);

/**
 * May he say whose name it is? It counts before all rules and for the whole server: whoever wrote down the
 * principal of a stranger would have that stranger end in a maildrop of his. An address says by itself where
 * it belongs; the others do not.
 */
async function isHisToGive(
  ports: Pick<OperationPorts, "tenants">,
  scope: Scope,
  { kind, subject }: Pick<SubjectInput, "kind" | "subject">,
): Promise<boolean | RegistryFault> {
  if (scope.role === "platform") return true;
  if (kind !== "client-certificate" || !subject.startsWith(emailPrefix)) return false;
  return isWithin(ports, scope, { login: subject.slice(emailPrefix.length).toLowerCase() });
}

/** Lets in who shows a principal, a certificate or a token of this name. */
export const addSubject: Operation<SubjectInput, CredentialEntry> = defineOperation({
  name: "add-subject",
  inputSchema,
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async (ports, { name, kind, subject }, { scope }) => {
    const isHis = await isHisToGive(ports, scope, { kind, subject });
    if (isHis !== true) return isRegistryFault(isHis) ? isHis : notHisToGive;
    const { credentials } = ports;
    const added = await credentials.addCredential(name, { kind, verifier: subject });
    return isRegistryFault(added) ? added : credentialEntry(added);
  },
});

/** Takes it back. */
export const removeSubject: Operation<SubjectInput, undefined> = defineOperation({
  name: "remove-subject",
  inputSchema,
  reach: ({ name }) => [{ login: name }],
  subject: ({ name }) => name,
  perform: async ({ credentials }, { name, kind, subject }) => credentials.removeSubject(name, kind, subject),
});

import { z } from "zod";
import { domainName } from "./fields.ts";
import {
  type MailPolicyEntry,
  type PolicyFields,
  policyFields,
  policyFrom,
  refineView,
} from "./mail-policy.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Which domain. */
export interface DomainPolicyInput {
  readonly name: string;
}

const domainSchema = z.strictObject({ name: domainName() });
const fleetSchema = z.strictObject({});

/** What the events say of the fleet. */
const fleet = "the fleet";

/** Chooses the policy of a domain's logins that have none of their own. */
export const setDomainMailPolicy: Operation<DomainPolicyInput & PolicyFields, undefined> = defineOperation({
  name: "set-domain-mail-policy",
  inputSchema: refineView(z.strictObject({ name: domainName(), ...policyFields })),
  reach: ({ name }) => [{ domain: name }],
  subject: ({ name }) => name,
  perform: async ({ keeper }, { name, ...fields }) => keeper.setDefaultPolicy(name, policyFrom(fields)),
});

/** Shows it; nothing in particular where none was chosen. */
export const showDomainMailPolicy: Operation<DomainPolicyInput, MailPolicyEntry> = defineOperation({
  name: "show-domain-mail-policy",
  inputSchema: domainSchema,
  reach: ({ name }) => [{ domain: name }],
  perform: async ({ keeper }, { name }) => keeper.showDefaultPolicy(name),
});

/** Takes it away: what the fleet has chosen holds. */
export const clearDomainMailPolicy: Operation<DomainPolicyInput, undefined> = defineOperation({
  name: "clear-domain-mail-policy",
  inputSchema: domainSchema,
  reach: ({ name }) => [{ domain: name }],
  subject: ({ name }) => name,
  perform: async ({ keeper }, { name }) => keeper.setDefaultPolicy(name, undefined),
});

/** Chooses the policy of all logins that neither have one nor their domains. */
export const setFleetMailPolicy: Operation<PolicyFields, undefined> = defineOperation({
  name: "set-fleet-mail-policy",
  inputSchema: refineView(z.strictObject(policyFields)),
  reach: () => [],
  subject: () => fleet,
  perform: async ({ keeper }, fields) => keeper.setDefaultPolicy(undefined, policyFrom(fields)),
});

/** Shows it. */
export const showFleetMailPolicy: Operation<Record<string, never>, MailPolicyEntry> = defineOperation({
  name: "show-fleet-mail-policy",
  inputSchema: fleetSchema,
  reach: () => [],
  perform: async ({ keeper }) => keeper.showDefaultPolicy(undefined),
});

/** Takes it away: mail is kept for ever, and all of it is shown. */
export const clearFleetMailPolicy: Operation<Record<string, never>, undefined> = defineOperation({
  name: "clear-fleet-mail-policy",
  inputSchema: fleetSchema,
  reach: () => [],
  subject: () => fleet,
  perform: async ({ keeper }) => keeper.setDefaultPolicy(undefined, undefined),
});

import { domainOf, isRegistryFault, type RegistryFault, type Scope } from "@poplar/maildrop";
import type { Actor } from "./actor.ts";
import { faultOfRegistry, type OperationFault } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";
import { type OperationName, rolesOf } from "./role-table.ts";

/** Something that a use case shows or changes. */
export type Reached =
  | { readonly tenant: string }
  | { readonly domain: string }
  /** A login, an address or a host. */
  | { readonly login: string };

/**
 * What stands against somebody doing something to these: the only place that decides it.
 *
 * What lies outside of his scope is answered as what does not exist: nobody finds out by asking.
 */
export async function whyNotPermitted(
  ports: Pick<OperationPorts, "tenants">,
  { scope }: Actor,
  operation: OperationName,
  reached: readonly Reached[],
): Promise<OperationFault | undefined> {
  if (!rolesOf(operation).includes(scope.role))
    return forbidden(`The role ${scope.role} has no ${operation}.`);
  for (const each of reached) {
    const isReached = await isWithin(ports, scope, each);
    if (isRegistryFault(isReached)) return faultOfRegistry(isReached);
    if (!isReached) return faultOfRegistry({ registryFault: "not-found", name: nameOf(each) });
  }
  return undefined;
}

/** It exists, and is not for him. */
export const forbidden = (message: string): OperationFault => ({ operationFault: "forbidden", message });

/** Does it lie within a scope? */
export async function isWithin(
  { tenants }: Pick<OperationPorts, "tenants">,
  scope: Scope,
  reached: Reached,
): Promise<boolean | RegistryFault> {
  switch (scope.role) {
    case "platform":
      return true;
    case "tenant": {
      if ("tenant" in reached) return reached.tenant === scope.tenant;
      const tenant = await tenants.tenantOf(domainOf(nameOf(reached)));
      return isRegistryFault(tenant) ? tenant : tenant === scope.tenant;
    }
    case "domain":
      return !("tenant" in reached) && domainOf(nameOf(reached)) === scope.domain;
    case "self":
      return "login" in reached && reached.login === scope.login;
  }
}

const nameOf = (reached: Reached): string =>
  "tenant" in reached ? reached.tenant : "domain" in reached ? reached.domain : reached.login;

import { isRegistryFault } from "@poplar/maildrop";
import { faultOfRegistry, type OperationFault } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";

/** Is mail of this domain here? Strangers may learn that much: MX records say the same. */
export async function knowsDomain(
  { registry }: Pick<OperationPorts, "registry">,
  domain: string,
): Promise<boolean | OperationFault> {
  const known = await registry.hasDomain(domain);
  return isRegistryFault(known) ? faultOfRegistry(known) : known;
}

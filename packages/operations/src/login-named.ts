import type { Login } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { faultOfRegistry, type OperationFault, storageDown } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";

/** The login of that name, or why nothing can be done to it. */
export async function loginNamed(
  { directory }: Pick<OperationPorts, "directory">,
  name: string,
): Promise<Login | OperationFault> {
  const login = await directory.findLogin(name);
  if (login === undefined) return faultOfRegistry({ registryFault: "not-found", name });
  return isFault(login) ? storageDown("cause" in login ? login.cause : login) : login;
}

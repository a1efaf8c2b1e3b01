import { createCredentialMaker } from "@poplar/auth";
import type { Deliverer } from "@poplar/delivery";
import type { OperationPorts } from "@poplar/operations";
import type { Events } from "@poplar/telemetry";
import type { Foundation } from "./foundation.ts";

/** What the use cases of operators need. */
export const openOperations = (
  { storage, leases, box, authenticator }: Foundation,
  deliverer: Deliverer,
  events: Events,
): OperationPorts => ({
  registry: storage.registry,
  directory: storage.logins,
  deliverer,
  leases: leases.store,
  sessions: leases.sessions,
  events,
  credentials: storage.credentials,
  keeper: storage.keeper,
  imports: storage.imports,
  audit: storage.audit,
  tenants: storage.tenants,
  tokens: storage.tokens,
  owners: authenticator,
  maker: createCredentialMaker({ box }),
});

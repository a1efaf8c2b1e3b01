import { isRegistryFault } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { type LeaseEntry, leaseEntry, leaseStoreDown } from "./session-entry.ts";
import type { MaildropInput } from "./show-maildrop.ts";

/** How many leases were taken away. */
export interface BrokenLeases {
  readonly broken: number;
}

/** Who has the maildrop of a login open. */
export const showLease: Operation<MaildropInput, readonly LeaseEntry[]> = defineOperation({
  name: "show-lease",
  inputSchema: z.strictObject({ login: loginName() }),
  reach: ({ login }) => [{ login }],
  perform: async ({ registry, leases }, { login }) => {
    const maildrop = await registry.showMaildrop(login);
    if (isRegistryFault(maildrop)) return maildrop;
    const holders = await leases.holders(maildrop.maildropId);
    return isFault(holders) ? leaseStoreDown(holders) : holders.map(leaseEntry);
  },
});

/** Takes the maildrop of a login away from whoever has it open: those sessions end, and delete nothing. */
export const breakLease: Operation<MaildropInput, BrokenLeases> = defineOperation({
  name: "break-lease",
  inputSchema: z.strictObject({ login: loginName() }),
  reach: ({ login }) => [{ login }],
  subject: ({ login }) => login,
  perform: async ({ registry, leases }, { login }) => {
    const maildrop = await registry.showMaildrop(login);
    if (isRegistryFault(maildrop)) return maildrop;
    const broken = await leases.breakLeases(maildrop.maildropId);
    return isFault(broken) ? leaseStoreDown(broken) : { broken };
  },
});

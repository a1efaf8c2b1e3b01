import { comparePlaces, firstInOrder, isRegistryFault } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { z } from "zod";
import { loginName } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { cursorOfPlace, type PageInput, placedPageFields, type Slice, sliceOf } from "./page.ts";
import { type LeaseEntry, leaseEntry, leaseStoreDown } from "./session-entry.ts";
import type { MaildropInput } from "./show-maildrop.ts";

/** How many leases were taken away. */
export interface BrokenLeases {
  readonly broken: number;
}

/** Whose maildrop. */
export interface LeasesInput extends MaildropInput, PageInput {}

/** Who has the maildrop of a login open: of a host's, that may be many. */
export const showLease: Operation<LeasesInput, Slice<LeaseEntry>> = defineOperation({
  name: "show-lease",
  inputSchema: z.strictObject({ login: loginName(), ...placedPageFields }),
  reach: ({ login }) => [{ login }],
  perform: async ({ registry, leases }, { login, after, limit }) => {
    const maildrop = await registry.showMaildrop(login);
    if (isRegistryFault(maildrop)) return maildrop;
    const holders = await leases.holders(maildrop.maildropId);
    if (isFault(holders)) return leaseStoreDown(holders);
    const left = holders.filter((holder) => after === undefined || comparePlaces(holder, after) > 0);
    return sliceOf(firstInOrder(left, limit), limit, leaseEntry, cursorOfPlace);
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

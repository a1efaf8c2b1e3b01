import { isRegistryFault } from "@poplar/maildrop";
import { z } from "zod";
import { type MaildropEntry, maildropEntry } from "./entries.ts";
import { defineOperation, type Operation } from "./operation.ts";
import { numberedPageFields, type PageInput, pageOf, type Slice, sliceOf } from "./page.ts";

/** The maildrops in the order in which they were made. */
export const listMaildrops: Operation<PageInput, Slice<MaildropEntry>> = defineOperation({
  name: "list-maildrops",
  inputSchema: z.strictObject(numberedPageFields),
  reach: () => [],
  perform: async ({ registry }, page, { scope }) => {
    const maildrops = await registry.listMaildrops(pageOf(page), scope);
    if (isRegistryFault(maildrops)) return maildrops;
    return sliceOf(maildrops, page.limit, maildropEntry, ({ maildropId }) => String(maildropId));
  },
});

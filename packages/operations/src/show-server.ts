import { z } from "zod";
import { defineOperation, type Operation } from "./operation.ts";
import { reportServer, type ServerReport, type ServerSelf } from "./server-report.ts";

/** How a process is, for whoever may know; others ask whether it is ready. */
export const showServer = (self: ServerSelf): Operation<Record<string, never>, ServerReport> =>
  defineOperation({
    name: "show-server",
    inputSchema: z.strictObject({}),
    reach: () => [],
    perform: async () => reportServer(self),
  });

import { type PublicPorts, type ServerSelf, showDomainRecords, showServer } from "@poplar/operations";
import type { OperationRoute } from "./operation-routes.ts";

/** What a process knows by itself, and no database. */
export interface ProcessParts {
  readonly self: ServerSelf;
  /** What it tells clients that ask how to be set up; `undefined`: nothing. */
  readonly services: PublicPorts | undefined;
}

/** The routes whose answers depend on the process that is asked. */
export const processRoutes = ({ self, services }: ProcessParts): readonly OperationRoute[] => [
  { method: "GET", url: "/server", operation: showServer(self) },
  ...(services === undefined
    ? []
    : ([
        {
          method: "GET",
          url: "/domains/:name/records",
          operation: showDomainRecords(services),
          field: "name",
        },
      ] as const)),
];

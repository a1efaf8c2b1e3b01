import type { Scope } from "@poplar/maildrop";
import { type RawBuilder, sql } from "kysely";

// What lies within a scope, as SQL. The only place that knows how.

/** Is the domain with this id within? @param column e.g. `l.domain_id`. */
export function isDomainWithin(scope: Scope | undefined, column: string): RawBuilder<boolean> {
  const domainId = sql.ref(column);
  switch (scope?.role) {
    case undefined:
    case "platform":
      return sql`true`;
    case "tenant":
      return sql`${domainId} in (
        select d.domain_id from domain d join tenant t using (tenant_id) where t.name = ${scope.tenant})`;
    case "domain":
      return sql`${domainId} = (select d.domain_id from domain d where d.name = ${scope.domain})`;
    case "self":
      return sql`false`;
  }
}

/** Is what an event is about within? It is told by its name; what has none is for the platform alone. */
export function isSubjectWithin(scope: Scope | undefined, column: string): RawBuilder<boolean> {
  const subject = sql.ref(column);
  switch (scope?.role) {
    case undefined:
    case "platform":
      return sql`true`;
    case "tenant":
      return sql`substring(${subject} from '[^@]*$') in (
        select d.name from domain d join tenant t using (tenant_id) where t.name = ${scope.tenant})`;
    case "domain":
      return sql`substring(${subject} from '[^@]*$') = ${scope.domain}`;
    case "self":
      return sql`${subject} = ${scope.login}`;
  }
}

import { type Kysely, sql } from "kysely";

/**
 * How long the surrogate of an internationalised message is: counted at delivery, or when the message is next
 * listed; `null` until then, and for all other messages. RFC 6858.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["message", "hidden_message"]) {
    await sql`alter table ${sql.table(table)} add column surrogate_octets bigint`.execute(db);
  }
}

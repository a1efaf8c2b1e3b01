import { type Kysely, sql } from "kysely";

/**
 * Which token a token was made with: it goes with that one.
 *
 * A version that knows nothing of it makes tokens without, and takes those that have one along when it
 * revokes: nothing that it does leaves one behind.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table access_token add column parent_id bigint references access_token on delete cascade`,
  `create index access_token_parent on access_token (parent_id) where parent_id is not null`,
  // A label names one token at a time, and may have named an older one before: that one made nothing younger
  // than itself. What the server made without anybody's asking was made with no token.
  `update access_token c set parent_id = p.token_id from access_token p
    where c.role <> 'self' and p.role in ('platform', 'tenant') and p.label = c.created_by
      and p.created_at < c.created_at and c.created_by not in ('the server', 'api-token')`,
];

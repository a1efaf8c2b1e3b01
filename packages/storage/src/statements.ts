import type { Statement } from "./lane/frontend-message.ts";

// What the hot paths ask of Postgres. Each names one maildrop or one login, so that on Citus it touches one
// shard.

export const ping: Statement = { name: "ping", text: "select from server_life" };

/** The candidates in order of preference: `$2` holds the local parts to look for. */
export const resolveRecipient: Statement = {
  name: "resolve-recipient",
  text: `select m.maildrop_id, coalesce(m.octets >= m.quota_octets, false)
    from domain d join address a using (domain_id) join maildrop m using (maildrop_id)
    where d.name = $1 and a.local_part = any($2::text[])
    order by array_position($2::text[], a.local_part)
    limit 1`,
};

/** What a bump answers with; a bump that is lost in a crash is noticed by the server's identity. */
const asynchronously = "set_config('synchronous_commit', 'off', true)";

/** Nothing lies in an empty maildrop that could be deleted twice: no fence is needed, and no write. */
const freeMaildrop = `(select maildrop_id from maildrop where maildrop_id = $1 and messages > 0
  for no key update skip locked) free`;

const bumpWholeText = (from: string, where: string): string => `
  update maildrop m set epoch = m.epoch + 1 ${from} where ${where}
  returning m.epoch, m.view_opens, 0::bigint, server_identity(), m.changes, ${asynchronously}`;

const bumpViewText = (from: string, where: string): string => `
  with opened as (
    update maildrop m set view_opens = m.view_opens + 1 ${from} where ${where}
    returning m.epoch, m.view_opens, m.changes
  )
  insert into view_fence as f (maildrop_id, local_part, epoch) select $1, $2, 1 from opened
  on conflict (maildrop_id, local_part) do update set epoch = f.epoch + 1
  returning (select epoch from opened), (select view_opens from opened), f.epoch, server_identity(),
    (select changes from opened), ${asynchronously}`;

/** Raises the fence for a view; answers nothing when the maildrop is empty, gone, or locked by a delivery. */
export const bump: Readonly<Record<"whole" | "local-part", Statement>> = {
  whole: {
    name: "bump-whole",
    text: bumpWholeText(`from ${freeMaildrop}`, "m.maildrop_id = free.maildrop_id"),
  },
  "local-part": {
    name: "bump-view",
    text: bumpViewText(`from ${freeMaildrop}`, "m.maildrop_id = free.maildrop_id"),
  },
};

/** The same, but waits for a lock: not on a connection that others share. */
export const bumpPatiently: Readonly<Record<"whole" | "local-part", Statement>> = {
  whole: {
    name: "bump-whole-patiently",
    text: bumpWholeText("", "m.maildrop_id = $1 and m.messages > 0"),
  },
  "local-part": {
    name: "bump-view-patiently",
    text: bumpViewText("", "m.maildrop_id = $1 and m.messages > 0"),
  },
};

/**
 * One row for the whole maildrop: eight octets a message, uid in the upper half and octets in the lower.
 * Behind it the uids of messages with UTF-8 in their headers, of which there are few, found in an index that
 * has no others, with the octets of their surrogates and one more, or 0 where those are not known. Whatever
 * makes a listing another one has to raise the counter of changes, in the same transaction: who has the
 * listing of that counter does not ask for it again.
 */
const listText = (filter: string): string => `
  select m.messages, m.changes, m.unique_id_prefix, m.has_imported_unique_ids, (
    select string_agg(int8send((uid::bigint << 32) | octets), ''::bytea order by uid)
    from message where maildrop_id = $1 ${filter}
  ), (
    select string_agg(int8send((uid::bigint << 32) | coalesce(surrogate_octets + 1, 0)), ''::bytea)
    from message where maildrop_id = $1 and is_internationalised
  ) from maildrop m where m.maildrop_id = $1`;

export const list: Readonly<Record<"whole" | "local-part", Statement>> = {
  whole: { name: "list-whole", text: listText("") },
  "local-part": { name: "list-view", text: listText("and local_part = $2") },
};

export const listImportedUniqueIds: Statement = {
  name: "list-imported-unique-ids",
  text: `select uid, imported_unique_id from message
    where maildrop_id = $1 and imported_unique_id is not null`,
};

/** Chunks `$3` to before `$4` of some bodies. */
export const readChunks: Statement = {
  name: "read-chunks",
  text: `select body_id, is_last, octets from body
    where maildrop_id = $1 and body_id = any($2::bigint[]) and seq >= $3 and seq < $4
    order by body_id, seq`,
};

export const findBody: Statement = {
  name: "find-body",
  text: "select body_id from message where maildrop_id = $1 and uid = $2",
};

export const findEnvelope: Statement = {
  name: "find-envelope",
  text: `select d.name, m.reverse_path, m.recipient from message m join maildrop d using (maildrop_id)
    where m.maildrop_id = $1 and m.uid = $2`,
};

/** How many messages lie before the first that came in the last `$2` days. */
export const countOlder: Statement = {
  name: "count-older",
  text: `select count(*) from message where maildrop_id = $1 and ($3::text is null or local_part = $3)
    and uid < coalesce((
      select min(uid) from message where maildrop_id = $1 and received_at >= now() - $2::float8 * interval '1 day'
        and ($3::text is null or local_part = $3)
    ), 2147483647)`,
};

export const removeMessages: Statement = {
  name: "remove-messages",
  text: "select remove_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
};

/**
 * In the order of their ids, so that two deliveries to the same maildrops wait for each other, and no circle
 * forms.
 */
export const lockMaildrops: Statement = {
  name: "lock-maildrops",
  text: `select maildrop_id, next_uid, octets, quota_octets from maildrop
    where maildrop_id = any($1::bigint[]) order by maildrop_id for no key update`,
};

export const lookAtMaildrops: Statement = {
  name: "look-at-maildrops",
  text: `select maildrop_id, next_uid, octets, quota_octets from maildrop
    where maildrop_id = any($1::bigint[])`,
};

export const countDelivered: Statement = {
  name: "count-delivered",
  text: `update maildrop m set next_uid = m.next_uid + d.messages, messages = m.messages + d.messages,
      octets = m.octets + d.octets, changes = m.changes + 1
    from unnest($1::bigint[], $2::integer[], $3::bigint[]) d (maildrop_id, messages, octets)
    where m.maildrop_id = d.maildrop_id`,
};

export const insertMessages: Statement = {
  name: "insert-messages",
  text: `insert into message (maildrop_id, uid, body_id, octets, header_wire_octets, wire_octets,
      recipient, local_part, is_internationalised, surrogate_octets, reverse_path)
    select maildrop_id, uid, body_id, octets, header, wire, recipient, local_part,
      surrogate > -2, case when surrogate >= 0 then surrogate end, $10
    from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
      $7::text[], $8::text[], $9::bigint[])
      n (maildrop_id, uid, body_id, octets, header, wire, recipient, local_part, surrogate)`,
};

/** What was found out about internationalised messages later; the caller has locked the maildrop. */
export const keepSurrogateOctets: Statement = {
  name: "keep-surrogate-octets",
  text: `with counted as (update maildrop set changes = changes + 1 where maildrop_id = $1)
    update message m set surrogate_octets = s.octets from unnest($2::integer[], $3::bigint[]) s (uid, octets)
    where m.maildrop_id = $1 and m.uid = s.uid`,
};

/** Which of the unique-ids of `$2` messages of a maildrop have, or have had. */
export const findUsedUniqueIds: Statement = {
  name: "find-used-unique-ids",
  text: "select unique_id from used_unique_ids($1, $2)",
};

/** One message that was kept elsewhere, with the unique-id and the time that it had there. */
export const insertImported: Statement = {
  name: "insert-imported",
  text: `with marked as (
      update maildrop set has_imported_unique_ids = true
      where maildrop_id = $1 and not has_imported_unique_ids
    )
    insert into message (maildrop_id, uid, body_id, octets, header_wire_octets, wire_octets,
      recipient, local_part, is_internationalised, reverse_path, imported_unique_id, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::timestamptz)`,
};

/** First chunks: each copy has its own. The chunk is the last one where `$4` is true. */
export const insertFirstChunks: Statement = {
  name: "insert-first-chunks",
  text: `insert into body (maildrop_id, body_id, seq, is_last, octets)
    select c.maildrop_id, c.body_id, 0, $4::boolean, c.octets
    from unnest($1::bigint[], $2::bigint[], $3::bytea[]) c (maildrop_id, body_id, octets)`,
};

/** Further chunks, sent once for all copies. `$5` is the seq of the last one. */
export const insertChunks: Statement = {
  name: "insert-chunks",
  text: `insert into body (maildrop_id, body_id, seq, is_last, octets)
    select c.maildrop_id, c.body_id, s.seq, s.seq = $5::integer, s.octets
    from unnest($1::bigint[], $2::bigint[]) c (maildrop_id, body_id),
      unnest($3::integer[], $4::bytea[]) s (seq, octets)`,
};

export const reserveBodyIds: Statement = {
  name: "reserve-body-ids",
  text: "select -nextval('reserved_body_id') from generate_series(1, $1::integer)",
};

export const deleteBodies: Statement = {
  name: "delete-bodies",
  text: `delete from body using unnest($1::bigint[], $2::bigint[]) b (maildrop_id, body_id)
    where body.maildrop_id = b.maildrop_id and body.body_id = b.body_id`,
};

import type { Statement } from "./lane/frontend-message.ts";
import { joinDefaultPolicy, policyColumns } from "./policy-columns.ts";

/**
 * A login with a row for each of its credentials. A view of a host has the host's credentials, too, is shut
 * and restricted as the host is, and changes when the host does. Lists come as words: none of them holds a
 * space.
 *
 * The limits keep Postgres, which plans for ten logins and finds one, from reading the whole of the tables
 * that it joins.
 */
const loginText = (where: string): string => `
  select l.login_id, l.name, l.maildrop_id, l.view_local_part,
      l.is_disabled or coalesce(h.is_disabled, false), l.version + coalesce(h.version, 0), t.name,
      array_to_string(coalesce(l.mechanisms, h.mechanisms), ' '),
      array_to_string(coalesce(l.networks, h.networks), ' '), l.requires_tls or coalesce(h.requires_tls, false),
      c.credential_id, c.kind, c.verifier, c.label, array_to_string(c.scopes, ' '),
      array_to_string(c.networks, ' '), (extract(epoch from c.expires_at) * 1000)::bigint,
      ${policyColumns}
    from login l
    cross join lateral (
      select t.name from domain d join tenant t using (tenant_id) where d.domain_id = l.domain_id limit 1) t
    left join lateral (
      select is_disabled, version, mechanisms, networks, requires_tls from login
      where login_id = l.host_login_id limit 1) h on true
    ${joinDefaultPolicy}
    left join credential c on c.login_id = any(array[l.login_id, l.host_login_id])
      and (c.expires_at is null or c.expires_at > now())
    where ${where}`;

/**
 * Which logins have these names, and which transactions wrote what they are made of. Triggers see to it that
 * nothing of a login changes without one of these rows.
 */
export const stampLogin: Statement = {
  name: "stamp-login",
  text: `select l.login_id, l.xmin,
      (select h.xmin from login h where h.login_id = l.host_login_id),
      (select d.xmin from domain d where d.domain_id = l.domain_id)
    from login l where l.name = any($1::text[])`,
};

/** The first of several names comes first. */
export const findLogin: Statement = {
  name: "find-login",
  text: `${loginText("l.name = any($1::text[])")} order by array_position($1::text[], l.name), c.credential_id`,
};

export const findLoginByCredential: Statement = {
  name: "find-login-by-credential",
  text: `${loginText(`l.login_id = (
      select login_id from credential where kind = $1 and verifier = any($2::text[])
        and (expires_at is null or expires_at > now())
      order by array_position($2::text[], verifier) limit 1)`)} order by c.credential_id`,
};

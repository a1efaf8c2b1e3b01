import { randomBytes } from "node:crypto";
import type { LoginRestrictions, NewCredential } from "@poplar/maildrop";
import { type Insertable, sql } from "kysely";
import { type Address, addressOf } from "./address.ts";
import { refuse, type Tx } from "./registry-database.ts";
import type { Schema } from "./schema.ts";

// What several of the operators' changes have in common.

/** 16 characters in unique-ids; nobody guesses another maildrop's. */
export const uniqueIdPrefixOctets = 12;

/**
 * The domain of an address, which must exist, and its local part. Held against removal until the change is
 * done.
 */
export async function placeOf(tx: Tx, name: string): Promise<{ domainId: string; localPart: string }> {
  const address: Address | undefined = addressOf(name);
  if (address === undefined) return refuse({ registryFault: "not-found", name });
  const domain = await tx
    .selectFrom("domain")
    .select("domain_id")
    .where("name", "=", address.domain)
    .forKeyShare()
    .executeTakeFirst();
  if (domain === undefined) return refuse({ registryFault: "not-found", name: address.domain });
  return { domainId: domain.domain_id, localPart: address.localPart };
}

/** An address to be. */
export interface NewAddress {
  readonly domainId: string;
  readonly localPart: string;
  readonly maildropId: string;
  readonly name: string;
}

/** Leads an address to a maildrop. */
export async function insertAddress(
  tx: Tx,
  { domainId, localPart, maildropId, name }: NewAddress,
): Promise<void> {
  const added = await tx
    .insertInto("address")
    .values({ domain_id: domainId, local_part: localPart, maildrop_id: maildropId })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (added.numInsertedOrUpdatedRows === 0n) refuse({ registryFault: "already-exists", name });
}

/** A login, as far as changes of it go. */
export interface LoginRow {
  readonly login_id: string;
  readonly maildrop_id: string;
  readonly view_local_part: string | null;
}

/** Finds a login. */
export async function findLogin(tx: Tx, name: string): Promise<LoginRow> {
  const login = name.toLowerCase();
  const found = await tx
    .selectFrom("login")
    .select(["login_id", "maildrop_id", "view_local_part"])
    .where("name", "=", login)
    .executeTakeFirst();
  return found ?? refuse({ registryFault: "not-found", name: login });
}

/** Finds a login, locks it, and raises its version: what was cached about it is void. */
export async function changedLogin(tx: Tx, name: string): Promise<LoginRow> {
  const login = name.toLowerCase();
  const found = await tx
    .updateTable("login")
    .set({ version: sql`version + 1` })
    .where("name", "=", login)
    .returning(["login_id", "maildrop_id", "view_local_part"])
    .executeTakeFirst();
  return found ?? refuse({ registryFault: "not-found", name: login });
}

/** Makes a maildrop with nothing in it. @returns its id. */
export async function insertMaildrop(
  tx: Tx,
  { name, quotaOctets }: { readonly name: string; readonly quotaOctets: number | undefined },
): Promise<string> {
  const { maildrop_id } = await tx
    .insertInto("maildrop")
    .values({
      name,
      unique_id_prefix: randomBytes(uniqueIdPrefixOctets).toString("base64url"),
      quota_octets: quotaOctets ?? null,
    })
    .returning("maildrop_id")
    .executeTakeFirstOrThrow();
  return maildrop_id;
}

/** A login to be. */
export interface NewLoginRow {
  readonly name: string;
  readonly domainId: string;
  readonly maildropId: string;
  readonly isDisabled?: boolean | undefined;
  readonly restrictions?: LoginRestrictions | undefined;
  /** SDPS: the local part that it sees, and the login of its host. */
  readonly view?: { readonly localPart: string; readonly hostLoginId: string };
}

/** Makes a login, or refuses because there is one of that name. */
export async function insertLogin(
  tx: Tx,
  { name, domainId, maildropId, isDisabled = false, restrictions = {}, view }: NewLoginRow,
): Promise<{ readonly loginId: string; readonly createdAt: Date }> {
  const added = await tx
    .insertInto("login")
    .values({
      name,
      domain_id: domainId,
      maildrop_id: maildropId,
      view_local_part: view?.localPart ?? null,
      host_login_id: view?.hostLoginId ?? null,
      is_disabled: isDisabled,
      ...restrictionColumns(restrictions),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(["login_id", "created_at"])
    .executeTakeFirst();
  if (added === undefined) return refuse({ registryFault: "already-exists", name });
  return { loginId: added.login_id, createdAt: added.created_at };
}

/** Gives a login credentials; each of them must be new to it. */
export async function insertCredentials(
  tx: Tx,
  loginId: string,
  credentials: readonly NewCredential[],
): Promise<void> {
  if (credentials.length === 0) return;
  await tx
    .insertInto("credential")
    .values(credentials.map((credential) => credentialRow(loginId, credential)))
    .execute();
}

/** A credential as a row. */
export const credentialRow = (
  loginId: string,
  credential: NewCredential,
): Insertable<Schema["credential"]> => ({
  login_id: loginId,
  kind: credential.kind,
  verifier: credential.verifier,
  label: credential.label ?? null,
  scopes: [...(credential.scopes ?? [])],
  networks: [...(credential.networks ?? [])],
  expires_at: credential.expiresAt ?? null,
  last_step: credential.lastStep ?? null,
});

/** Restrictions of a login as columns. */
export const restrictionColumns = ({
  mechanisms,
  networks,
  requiresTls = false,
}: LoginRestrictions): {
  readonly mechanisms: string[] | null;
  readonly networks: string[] | null;
  readonly requires_tls: boolean;
} => ({
  mechanisms: mechanisms === undefined ? null : [...mechanisms],
  networks: networks === undefined ? null : [...networks],
  requires_tls: requiresTls,
});

import { randomBytes } from "node:crypto";
import type { LoginSummary, NewLogin, RegistryFault } from "@poplar/maildrop";
import { type Address, addressOf } from "./address.ts";
import { viewOf } from "./login-directory.ts";
import { refuse, type Tx } from "./registry-database.ts";
import { credentialRow, restrictionColumns, uniqueIdPrefixOctets } from "./registry-rows.ts";

/** A login that nothing stands against. */
interface Placed {
  readonly login: NewLogin;
  readonly name: string;
  readonly localPart: string;
  readonly domainId: string;
}

/**
 * Makes many logins with a handful of statements, however many they are. What cannot be made is told one by
 * one; when somebody else makes one of them meanwhile, the whole is refused, and may be tried again.
 */
export async function addLogins(
  tx: Tx,
  logins: readonly NewLogin[],
): Promise<readonly (LoginSummary | RegistryFault)[]> {
  if (logins.length === 0) return [];
  const places = await placeAll(tx, logins);
  const placed = places.filter((place): place is Placed => !("registryFault" in place));
  const made = placed.length === 0 ? new Map<string, LoginSummary>() : await insertAll(tx, placed);
  return places.map((place) => {
    if ("registryFault" in place) return place;
    return made.get(place.name) ?? refuse({ registryFault: "already-exists", name: place.name });
  });
}

async function placeAll(tx: Tx, logins: readonly NewLogin[]): Promise<readonly (Placed | RegistryFault)[]> {
  const addresses = logins.map(({ name }) => addressOf(name));
  const domainIds = await domainsOf(tx, addresses);
  const taken = await takenNames(tx, addresses);
  return logins.map((login, index): Placed | RegistryFault => {
    const address = addresses[index];
    const name = login.name.toLowerCase();
    if (address === undefined) return { registryFault: "not-found", name };
    const domainId = domainIds.get(address.domain);
    if (domainId === undefined) return { registryFault: "not-found", name: address.domain };
    if (taken.has(name)) return { registryFault: "already-exists", name };
    // A name that stands twice among them is made once.
    taken.add(name);
    return { login, name, localPart: address.localPart, domainId };
  });
}

/** The domains that there are, held against removal until the change is done. */
async function domainsOf(
  tx: Tx,
  addresses: readonly (Address | undefined)[],
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(addresses.map((address) => address?.domain ?? ""))];
  const rows = await tx
    .selectFrom("domain")
    .select(["name", "domain_id"])
    .where("name", "in", names)
    .forKeyShare()
    .execute();
  return new Map(rows.map(({ name, domain_id }) => [name, domain_id]));
}

/** Those of the names that are logins or addresses already. */
async function takenNames(tx: Tx, addresses: readonly (Address | undefined)[]): Promise<Set<string>> {
  const known = addresses.filter((address) => address !== undefined);
  const names = ["", ...known.map(({ localPart, domain }) => `${localPart}@${domain}`)];
  const logins = await tx.selectFrom("login").select("name").where("name", "in", names).execute();
  const localParts = ["", ...known.map(({ localPart }) => localPart)];
  const domains = ["", ...new Set(known.map(({ domain }) => domain))];
  const others = await tx
    .selectFrom("address as a")
    .innerJoin("domain as d", "d.domain_id", "a.domain_id")
    .select(["a.local_part", "d.name"])
    .where("d.name", "in", domains)
    .where("a.local_part", "in", localParts)
    .execute();
  return new Set([
    ...logins.map(({ name }) => name),
    ...others.map((row) => `${row.local_part}@${row.name}`),
  ]);
}

async function insertAll(tx: Tx, placed: readonly Placed[]): Promise<ReadonlyMap<string, LoginSummary>> {
  const maildrops = await tx
    .insertInto("maildrop")
    .values(
      placed.map(({ name, login }) => ({
        name,
        unique_id_prefix: randomBytes(uniqueIdPrefixOctets).toString("base64url"),
        quota_octets: login.quotaOctets ?? null,
      })),
    )
    .returning(["name", "maildrop_id"])
    .execute();
  const maildropIds = new Map(maildrops.map(({ name, maildrop_id }) => [name, maildrop_id]));
  const maildropOf = ({ name }: Placed): string => maildropIds.get(name) ?? "";
  const logins = await tx
    .insertInto("login")
    .values(
      placed.map((place) => ({
        name: place.name,
        domain_id: place.domainId,
        maildrop_id: maildropOf(place),
        view_local_part: null,
        is_disabled: place.login.isDisabled ?? false,
        ...restrictionColumns(place.login.restrictions ?? {}),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning(["name", "login_id", "maildrop_id", "is_disabled", "created_at"])
    .execute();
  const loginIds = new Map(logins.map(({ name, login_id }) => [name, login_id]));
  await tx
    .insertInto("address")
    .values(
      placed.map((place) => ({
        domain_id: place.domainId,
        local_part: place.localPart,
        maildrop_id: maildropOf(place),
      })),
    )
    .execute();
  await tx
    .insertInto("credential")
    .values(
      placed.flatMap(({ name, login }) => {
        const loginId = loginIds.get(name) ?? refuse({ registryFault: "already-exists", name });
        const password = { kind: "password", verifier: login.passwordVerifier } as const;
        return [password, ...(login.credentials ?? [])].map((each) => credentialRow(loginId, each));
      }),
    )
    .execute();
  return new Map(logins.map((row) => [row.name, summaryOf(row)]));
}

const summaryOf = (row: {
  readonly name: string;
  readonly maildrop_id: string;
  readonly is_disabled: boolean;
  readonly created_at: Date;
}): LoginSummary => ({
  name: row.name,
  maildropId: Number(row.maildrop_id),
  view: viewOf(null),
  isDisabled: row.is_disabled,
  createdAt: row.created_at,
});

import {
  type AppPasswordCounts,
  DEFAULT_TENANT,
  type Domain,
  type LoginSummary,
  type MaildropFate,
  type MaildropSummary,
  type MessageSummary,
  type NewCredential,
  type NewLogin,
  PASSWORD_KINDS,
  type Page,
  type Registry,
  type RegistryFault,
  type Scope,
  type Totals,
} from "@poplar/maildrop";
import { uniqueIdOf } from "@poplar/protocol";
import { sql } from "kysely";
import { addLogins } from "./add-logins.ts";
import { viewOf } from "./login-directory.ts";
import { limitOf, type RegistryDatabase, refuse, type Tx } from "./registry-database.ts";
import {
  changedLogin,
  findLogin,
  insertAddress,
  insertCredentials,
  insertLogin,
  insertMaildrop,
  placeOf,
} from "./registry-rows.ts";
import { removeMaildrop } from "./remove-maildrop.ts";
import { isDomainWithin } from "./scope-conditions.ts";
import { tenantIdOf } from "./tenant-registry.ts";

/** Domains, logins, addresses and maildrops in Postgres. */
export class PostgresRegistry implements Registry {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  async addDomain(name: string, tenant: string = DEFAULT_TENANT): Promise<Domain | RegistryFault> {
    const domain = name.toLowerCase();
    return this.#database.change(async (tx) => {
      const added = await tx
        .insertInto("domain")
        .values({ name: domain, tenant_id: await tenantIdOf(tx, tenant) })
        .onConflict((conflict) => conflict.doNothing())
        .returning("created_at")
        .executeTakeFirst();
      if (added === undefined) return refuse({ registryFault: "already-exists", name: domain });
      return { name: domain, tenant, logins: 0, createdAt: added.created_at };
    });
  }

  async listDomains(page: Page, scope?: Scope): Promise<readonly Domain[] | RegistryFault> {
    return this.#database.read(async (db) => {
      const rows = await db
        .selectFrom("domain as d")
        .innerJoin("tenant as t", "t.tenant_id", "d.tenant_id")
        .select(["d.name", "d.created_at", "t.name as tenant"])
        .select((of) =>
          of
            .selectFrom("login as l")
            .whereRef("l.domain_id", "=", "d.domain_id")
            .select((count) => count.fn.countAll<string>().as("logins"))
            .as("logins"),
        )
        .where("d.name", ">", page.after ?? "")
        .where(isDomainWithin(scope, "d.domain_id"))
        .orderBy("d.name")
        .limit(limitOf(page))
        .execute();
      return rows.map((row) => ({
        name: row.name,
        tenant: row.tenant,
        logins: Number(row.logins ?? 0),
        createdAt: row.created_at,
      }));
    });
  }

  async hasDomain(name: string): Promise<boolean | RegistryFault> {
    return this.#database.read(async (db) => {
      const found = await db
        .selectFrom("domain")
        .select("domain_id")
        .where("name", "=", name.toLowerCase())
        .executeTakeFirst();
      return found !== undefined;
    });
  }

  async removeDomain(name: string): Promise<undefined | RegistryFault> {
    const domain = name.toLowerCase();
    return this.#database.change(async (tx) => {
      const found = await tx
        .selectFrom("domain")
        .select("domain_id")
        .where("name", "=", domain)
        .forUpdate()
        .executeTakeFirst();
      if (found === undefined) return refuse({ registryFault: "not-found", name: domain });
      const { logins } = await tx
        .selectFrom("login")
        .where("domain_id", "=", found.domain_id)
        .select((count) => count.fn.countAll<string>().as("logins"))
        .executeTakeFirstOrThrow();
      if (Number(logins) > 0) {
        return refuse({ registryFault: "not-empty", name: domain, count: Number(logins) });
      }
      await tx.deleteFrom("domain").where("domain_id", "=", found.domain_id).execute();
      return undefined;
    });
  }

  async addLogin(login: NewLogin): Promise<LoginSummary | RegistryFault> {
    const name = login.name.toLowerCase();
    const { quotaOctets, isDisabled = false, passwordVerifier, credentials = [], restrictions } = login;
    return this.#database.change(async (tx) => {
      const { domainId, localPart } = await placeOf(tx, name);
      const maildropId = await insertMaildrop(tx, { name, quotaOctets });
      const { loginId, createdAt } = await insertLogin(tx, {
        name,
        domainId,
        maildropId,
        isDisabled,
        restrictions,
      });
      await insertAddress(tx, { domainId, localPart, maildropId, name });
      await insertCredentials(tx, loginId, [passwordOf(passwordVerifier), ...credentials]);
      return { name, maildropId: Number(maildropId), view: viewOf(null), isDisabled, createdAt };
    });
  }

  async addLogins(
    logins: readonly NewLogin[],
  ): Promise<readonly (LoginSummary | RegistryFault)[] | RegistryFault> {
    return this.#database.change(async (tx) => addLogins(tx, logins));
  }

  async listLogins(
    domain: string | undefined,
    page: Page,
    scope?: Scope,
  ): Promise<readonly LoginSummary[] | RegistryFault> {
    return this.#database.read(async (db) => {
      const rows = await db
        .selectFrom("login as l")
        .innerJoin("domain as d", "d.domain_id", "l.domain_id")
        .select(["l.name", "l.maildrop_id", "l.view_local_part", "l.is_disabled", "l.created_at"])
        .where("l.name", ">", page.after ?? "")
        .where(isDomainWithin(scope, "l.domain_id"))
        .$if(domain !== undefined, (query) => query.where("d.name", "=", (domain ?? "").toLowerCase()))
        .orderBy("l.name")
        .limit(limitOf(page))
        .execute();
      return rows.map((row) => ({
        name: row.name,
        maildropId: Number(row.maildrop_id),
        view: viewOf(row.view_local_part),
        isDisabled: row.is_disabled,
        createdAt: row.created_at,
      }));
    });
  }

  async setPassword(
    name: string,
    passwordVerifier: string,
    credentials: readonly NewCredential[] = [],
    { revokesAppPasswords }: { readonly revokesAppPasswords: boolean } = { revokesAppPasswords: false },
  ): Promise<AppPasswordCounts | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, name);
      await tx
        .deleteFrom("credential")
        .where("login_id", "=", login_id)
        .where("kind", "in", PASSWORD_KINDS)
        .where("label", "is", null)
        .execute();
      await insertCredentials(tx, login_id, [passwordOf(passwordVerifier), ...credentials]);
      return appPasswordsOf(tx, login_id, revokesAppPasswords);
    });
  }

  async setDisabled(name: string, isDisabled: boolean): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, name);
      await tx
        .updateTable("login")
        .set({ is_disabled: isDisabled })
        .where("login_id", "=", login_id)
        .execute();
      return undefined;
    });
  }

  async removeLogin(name: string, fate: MaildropFate): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id, maildrop_id } = await changedLogin(tx, name);
      await tx.deleteFrom("login").where("login_id", "=", login_id).execute();
      await removeMaildrop(tx, maildrop_id, fate);
      return undefined;
    });
  }

  async addAddress(address: string, login: string): Promise<undefined | RegistryFault> {
    const name = address.toLowerCase();
    return this.#database.change(async (tx) => {
      const { domainId, localPart } = await placeOf(tx, name);
      const { maildrop_id } = await findLogin(tx, login);
      await insertAddress(tx, { domainId, localPart, maildropId: maildrop_id, name });
      return undefined;
    });
  }

  async removeAddress(address: string): Promise<undefined | RegistryFault> {
    const name = address.toLowerCase();
    return this.#database.change(async (tx) => {
      const { domainId, localPart } = await placeOf(tx, name);
      const { numDeletedRows } = await tx
        .deleteFrom("address")
        .where("domain_id", "=", domainId)
        .where("local_part", "=", localPart)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 0n ? refuse({ registryFault: "not-found", name }) : undefined;
    });
  }

  async listMaildrops(page: Page, scope?: Scope): Promise<readonly MaildropSummary[] | RegistryFault> {
    return this.#database.read(async (db) => {
      const rows = await db
        .selectFrom("maildrop")
        .select(maildropColumns)
        .where("maildrop_id", ">", String(positionOf(page)))
        .$if(scope !== undefined && scope.role !== "platform", (narrowed) =>
          narrowed.where("maildrop_id", "in", (of) =>
            of.selectFrom("login as l").select("l.maildrop_id").where(isDomainWithin(scope, "l.domain_id")),
          ),
        )
        .orderBy("maildrop_id")
        .limit(limitOf(page))
        .execute();
      return rows.map(maildropOf);
    });
  }

  async showMaildrop(login: string): Promise<MaildropSummary | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { maildrop_id } = await findLogin(tx, login);
      const row = await tx
        .selectFrom("maildrop")
        .select(maildropColumns)
        .where("maildrop_id", "=", maildrop_id)
        .executeTakeFirstOrThrow();
      return maildropOf(row);
    });
  }

  async listMessages(login: string, page: Page): Promise<readonly MessageSummary[] | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { maildrop_id, view_local_part } = await findLogin(tx, login);
      const rows = await tx
        .selectFrom("message as m")
        .innerJoin("maildrop as d", "d.maildrop_id", "m.maildrop_id")
        .select(["m.uid", "m.octets", "m.received_at", "m.reverse_path", "m.recipient"])
        .select(["m.imported_unique_id", "d.unique_id_prefix"])
        .where("m.maildrop_id", "=", maildrop_id)
        .where("m.uid", ">", positionOf(page))
        .$if(view_local_part !== null, (query) => query.where("m.local_part", "=", view_local_part ?? ""))
        .orderBy("m.uid")
        .limit(limitOf(page))
        .execute();
      return rows.map((row) => ({
        uid: row.uid,
        uniqueId: row.imported_unique_id ?? uniqueIdOf(row.unique_id_prefix, row.uid),
        octets: Number(row.octets),
        receivedAt: row.received_at,
        reversePath: row.reverse_path,
        recipient: row.recipient,
      }));
    });
  }

  async totals(): Promise<Totals | RegistryFault> {
    return this.#database.read(async (db) => {
      const { rows } = await sql<Record<keyof Totals, string>>`
        select (select count(*) from domain) as domains, (select count(*) from login) as logins,
          (select count(*) from login where is_disabled) as "disabledLogins", count(*) as maildrops,
          coalesce(sum(messages), 0) as messages, coalesce(sum(octets), 0) as octets,
          (select count(*) from hidden_message) as "hiddenMessages",
          (select coalesce(sum(octets), 0) from hidden_message) as "hiddenOctets" from maildrop`.execute(db);
      const [row] = rows;
      const count = (name: keyof Totals): number => Number(row?.[name] ?? 0);
      return {
        domains: count("domains"),
        logins: count("logins"),
        disabledLogins: count("disabledLogins"),
        maildrops: count("maildrops"),
        messages: count("messages"),
        octets: count("octets"),
        hiddenMessages: count("hiddenMessages"),
        hiddenOctets: count("hiddenOctets"),
      };
    });
  }

  async setQuota(login: string, quotaOctets: number | undefined): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { maildrop_id } = await findLogin(tx, login);
      await tx
        .updateTable("maildrop")
        .set({ quota_octets: quotaOctets ?? null })
        .where("maildrop_id", "=", maildrop_id)
        .execute();
      return undefined;
    });
  }
}

/** Counts the app passwords of a login that open it now, when they have been revoked if they shall be. */
async function appPasswordsOf(tx: Tx, loginId: string, areRevoked: boolean): Promise<AppPasswordCounts> {
  if (areRevoked) {
    const { numDeletedRows } = await tx
      .deleteFrom("credential")
      .where("login_id", "=", loginId)
      .where("kind", "=", "app-password")
      .executeTakeFirstOrThrow();
    return { revokedAppPasswords: Number(numDeletedRows), keptAppPasswords: 0 };
  }
  const { count } = await tx
    .selectFrom("credential")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("login_id", "=", loginId)
    .where("kind", "=", "app-password")
    .where((is) => is.or([is("expires_at", "is", null), is("expires_at", ">", new Date())]))
    .executeTakeFirstOrThrow();
  return { revokedAppPasswords: 0, keptAppPasswords: Number(count) };
}

const passwordOf = (verifier: string): NewCredential => ({ kind: "password", verifier });

/** The cursor of a list in the order of numbers; what is no number begins at the beginning. */
const positionOf = (page: Page): number => {
  const position = Number(page.after ?? 0);
  return Number.isSafeInteger(position) ? Math.max(position, 0) : 0;
};

const maildropColumns = ["maildrop_id", "name", "messages", "octets", "quota_octets", "created_at"] as const;

interface MaildropRow {
  readonly maildrop_id: string;
  readonly name: string;
  readonly messages: number;
  readonly octets: string;
  readonly quota_octets: string | null;
  readonly created_at: Date;
}

const maildropOf = (row: MaildropRow): MaildropSummary => ({
  maildropId: Number(row.maildrop_id),
  name: row.name,
  messages: row.messages,
  octets: Number(row.octets),
  quotaOctets: row.quota_octets === null ? undefined : Number(row.quota_octets),
  createdAt: row.created_at,
});

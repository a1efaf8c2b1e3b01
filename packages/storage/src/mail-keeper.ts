import type {
  HiddenMessage,
  MailKeeper,
  MailPolicy,
  Page,
  PolicyBounds,
  RegistryFault,
  SweepLimits,
  Swept,
} from "@poplar/maildrop";
import { uniqueIdOf } from "@poplar/protocol";
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import { DefaultPolicies } from "./default-policies.ts";
import {
  columnsOf,
  joinDefaultPolicy,
  type PolicyColumns,
  policyColumns,
  policyOf,
} from "./policy-columns.ts";
import { limitOf, type RegistryDatabase, refuse, type Tx } from "./registry-database.ts";
import { changedLogin, findLogin, type LoginRow } from "./registry-rows.ts";
import type { Schema } from "./schema.ts";

/** Hidden messages answered, or named, at once. */
const messagesMax = 1000;

/** Policies, mail that can be restored, and mail that has been kept long enough, in Postgres. */
export class PostgresMailKeeper implements MailKeeper {
  readonly #database: RegistryDatabase;
  readonly #defaults: DefaultPolicies;

  constructor(database: RegistryDatabase) {
    this.#database = database;
    this.#defaults = new DefaultPolicies(database);
  }

  async setPolicy(login: string, policy: MailPolicy | undefined): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, login);
      const columns = { ...columnsOf(policy ?? {}), has_policy: policy !== undefined };
      await tx.updateTable("login").set(columns).where("login_id", "=", login_id).execute();
      return undefined;
    });
  }

  async showPolicy(login: string): Promise<MailPolicy | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await findLogin(tx, login);
      const found = await rowsOf<PolicyColumns>(
        tx,
        sql`select ${sql.raw(policyColumns)} from login l ${sql.raw(joinDefaultPolicy)}
          where l.login_id = ${login_id}`,
      );
      return (found[0] && policyOf(found[0])) ?? {};
    });
  }

  async setDefaultPolicy(
    domain: string | undefined,
    policy: MailPolicy | undefined,
  ): Promise<undefined | RegistryFault> {
    return this.#defaults.set(domain, policy);
  }

  async showDefaultPolicy(domain: string | undefined): Promise<MailPolicy | RegistryFault> {
    return this.#defaults.show(domain);
  }

  async bounds(): Promise<PolicyBounds | RegistryFault> {
    return this.#database.read(async (db) => {
      const [row] = await rowsOf<{ days: number | null; seconds: number | null }>(
        db,
        sql`select case when exists (select from login where removes_retrieved)
              or exists (select from default_policy where removes_retrieved) then 0
            else least((select min(retention_days) from login where retention_days is not null),
              (select min(retention_days) from default_policy)) end as days,
          greatest((select max(login_delay_seconds) from login where login_delay_seconds > 0),
            (select max(login_delay_seconds) from default_policy)) as seconds`,
      );
      return { retentionDaysMin: row?.days ?? undefined, loginDelaySecondsMax: row?.seconds ?? 0 };
    });
  }

  async listHidden(login: string, page: Page): Promise<readonly HiddenMessage[] | RegistryFault> {
    return this.#database.change(async (tx) => {
      const owner = await findLogin(tx, login);
      const after = Number(page.after ?? 0);
      const rows = await hiddenOf(tx, owner)
        .where("h.uid", ">", Number.isSafeInteger(after) ? after : 0)
        .orderBy("h.uid")
        .limit(limitOf(page))
        .execute();
      return rows.map(hiddenMessageOf);
    });
  }

  async restore(login: string, uniqueIds: readonly string[] | "all"): Promise<number | RegistryFault> {
    return this.#each(
      login,
      uniqueIds,
      (maildropId, uids) => sql`select restore_hidden(${maildropId}, ${uids})`,
    );
  }

  async purge(login: string, uniqueIds: readonly string[] | "all"): Promise<number | RegistryFault> {
    return this.#each(
      login,
      uniqueIds,
      (maildropId, uids) => sql`select purge_hidden(${maildropId}, ${uids}, ${uids.length})`,
    );
  }

  async expire(after: number, limits: SweepLimits): Promise<Swept | undefined | RegistryFault> {
    return this.#database.read(async (db) => {
      const [row] = await rowsOf<{ expired: number; last_login: string | null }>(
        db,
        sql`select * from expire_messages(${after}, ${limits.loginsMax}, ${limits.messagesMax})`,
      );
      if (row === undefined) return undefined;
      return { messages: row.expired, next: row.last_login === null ? undefined : Number(row.last_login) };
    });
  }

  async purgeOverdue(limits: SweepLimits): Promise<Swept | undefined | RegistryFault> {
    return this.#database.read(async (db) => {
      const [row] = await rowsOf<{ purged: number | null }>(
        db,
        sql`select purge_hidden(null, null, ${limits.messagesMax}) as purged`,
      );
      const messages = row?.purged ?? undefined;
      if (messages === undefined) return undefined;
      return { messages, next: messages < limits.messagesMax ? undefined : 0 };
    });
  }

  /**
   * Does something to hidden messages in one transaction, as many at a time as one statement should touch.
   */
  async #each(
    login: string,
    uniqueIds: readonly string[] | "all",
    statement: (maildropId: string, uids: readonly number[]) => RawBuilder<unknown>,
  ): Promise<number | RegistryFault> {
    return this.#database.change(async (tx) => {
      const owner = await findLogin(tx, login);
      const rows = await hiddenOf(tx, owner).orderBy("h.uid").execute();
      const hidden = rows.map(hiddenMessageOf);
      const wanted = uniqueIds === "all" ? hidden : uniqueIds.map((uniqueId) => named(hidden, uniqueId));
      const uids = wanted.map(({ uid }) => uid);
      for (let at = 0; at < uids.length; at += messagesMax) {
        await statement(owner.maildrop_id, uids.slice(at, at + messagesMax)).execute(tx);
      }
      return uids.length;
    });
  }
}

function named(hidden: readonly HiddenMessage[], uniqueId: string): HiddenMessage {
  return (
    hidden.find((each) => each.uniqueId === uniqueId) ??
    refuse({ registryFault: "not-found", name: uniqueId })
  );
}

const hiddenOf = (tx: Tx, { maildrop_id, view_local_part }: LoginRow) =>
  tx
    .selectFrom("hidden_message as h")
    .innerJoin("maildrop as d", "d.maildrop_id", "h.maildrop_id")
    .select(["h.uid", "h.octets", "h.received_at", "h.hidden_at", "h.keep_until", "h.login", "h.session_id"])
    .select(["h.imported_unique_id", "d.unique_id_prefix"])
    .where("h.maildrop_id", "=", maildrop_id)
    .$if(view_local_part !== null, (query) => query.where("h.local_part", "=", view_local_part ?? ""));

type HiddenRow = Selectable<Omit<Schema["hidden_message"], "maildrop_id" | "local_part">> & {
  readonly unique_id_prefix: string;
};

const hiddenMessageOf = (row: HiddenRow): HiddenMessage => ({
  uid: row.uid,
  uniqueId: row.imported_unique_id ?? uniqueIdOf(row.unique_id_prefix, row.uid),
  octets: Number(row.octets),
  receivedAt: row.received_at,
  hiddenAt: row.hidden_at,
  keepUntil: row.keep_until,
  login: row.login,
  sessionId: row.session_id,
});

async function rowsOf<T>(db: Kysely<Schema> | Tx, statement: RawBuilder<unknown>): Promise<readonly T[]> {
  const { rows } = await statement.execute(db);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the statement says what comes
  return rows as readonly T[];
}

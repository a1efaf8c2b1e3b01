import type { AnswerLedger, ClaimOutcome, KeptAnswer, RegistryFault, RequestClaim } from "@poplar/maildrop";
import { sql } from "kysely";
import type { RegistryDatabase } from "./registry-database.ts";

/** Old answers that one claim takes away, so that none of them has much to do. */
const sweptMax = 100;

/** Answers that are kept for a day, in Postgres. */
export class PostgresAnswerLedger implements AnswerLedger {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  async claim({ caller, key, fingerprint }: RequestClaim): Promise<ClaimOutcome | RegistryFault> {
    const octets = Buffer.from(fingerprint);
    return this.#database.change(async (tx): Promise<ClaimOutcome> => {
      await sql`delete from kept_answer where (caller, key) in (select caller, key from kept_answer
        where claimed_at < now() - interval '1 day' order by claimed_at limit ${sweptMax}
        for update skip locked)`.execute(tx);
      // Takes over what is too old, and what somebody has claimed who died of it.
      const claimed = await sql`
        insert into kept_answer as k (caller, key, fingerprint) values (${caller}, ${key}, ${octets})
        on conflict (caller, key) do update
          set fingerprint = excluded.fingerprint, status = null, sealed = null, claimed_at = now()
          where k.claimed_at < now() - interval '1 day' or (k.status is null
            and k.fingerprint = excluded.fingerprint and k.claimed_at < now() - interval '1 minute')
        returning key`.execute(tx);
      if (claimed.rows.length > 0) return { claim: "first" };
      const row = await tx
        .selectFrom("kept_answer")
        .select(["fingerprint", "status", "sealed"])
        .where("caller", "=", caller)
        .where("key", "=", key)
        .executeTakeFirst();
      if (row === undefined) return { claim: "under-way" };
      if (!row.fingerprint.equals(octets)) return { claim: "another-request" };
      const { status, sealed } = row;
      if (status === null || sealed === null) return { claim: "under-way" };
      return { claim: "answered", answer: { status, sealed } };
    });
  }

  async keep({ caller, key }: RequestClaim, answer: KeptAnswer): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      await tx
        .updateTable("kept_answer")
        .set({ status: answer.status, sealed: Buffer.from(answer.sealed) })
        .where("caller", "=", caller)
        .where("key", "=", key)
        .execute();
      return undefined;
    });
  }

  async release({ caller, key }: RequestClaim): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      await tx.deleteFrom("kept_answer").where("caller", "=", caller).where("key", "=", key).execute();
      return undefined;
    });
  }
}

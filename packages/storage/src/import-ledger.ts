import { createHash } from "node:crypto";
import type { ImportLedger, MessageDigest, RegistryFault } from "@poplar/maildrop";
import { type Kysely, sql } from "kysely";
import type { RegistryDatabase } from "./registry-database.ts";
import { findLogin } from "./registry-rows.ts";
import type { Schema } from "./schema.ts";

/** Chunks in memory at once: half a megabyte. */
const chunksAtOnce = 64;

/** What an import asks, in Postgres. */
export class PostgresImportLedger implements ImportLedger {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  async usedUniqueIds(
    login: string,
    uniqueIds: readonly string[],
  ): Promise<readonly string[] | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { maildrop_id } = await findLogin(tx, login);
      const { rows } = await sql<{ unique_id: string }>`
        select unique_id from used_unique_ids(${maildrop_id}, ${uniqueIds})`.execute(tx);
      return rows.map(({ unique_id }) => unique_id);
    });
  }

  async digests(
    login: string,
    uniqueIds: readonly string[],
  ): Promise<readonly MessageDigest[] | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { maildrop_id } = await findLogin(tx, login);
      const found = await tx
        .selectFrom("message")
        .select(["imported_unique_id", "octets", "received_at", "body_id"])
        .where("maildrop_id", "=", maildrop_id)
        .where("imported_unique_id", "in", uniqueIds)
        .execute();
      const digests: MessageDigest[] = [];
      for (const { imported_unique_id: uniqueId, octets, received_at: receivedAt, body_id } of found) {
        if (uniqueId === null) continue;
        const sha256 = await digestOf(tx, maildrop_id, body_id);
        digests.push({ uniqueId, octets: Number(octets), receivedAt, sha256 });
      }
      return digests;
    });
  }
}

async function digestOf(db: Kysely<Schema>, maildropId: string, bodyId: string): Promise<string> {
  const hash = createHash("sha256");
  for (let seq = 0; ; seq += chunksAtOnce) {
    const { rows } = await sql<{ octets: Buffer; is_last: boolean }>`
      select octets, is_last from body where maildrop_id = ${maildropId} and body_id = ${bodyId}
        and seq >= ${seq} and seq < ${seq + chunksAtOnce} order by seq`.execute(db);
    for (const { octets } of rows) hash.update(octets);
    if (rows.length < chunksAtOnce || rows.at(-1)?.is_last === true) return hash.digest("hex");
  }
}

import type { MaildropFate } from "@poplar/maildrop";
import { refuse, type Tx } from "./registry-database.ts";

/**
 * What becomes of a maildrop when a login that led to it is gone. One that other logins lead to is left
 * alone.
 *
 * The maildrop's row goes first: a delivery that waits for it finds no recipient, and a session that has it
 * open finds its fence gone.
 */
export async function removeMaildrop(tx: Tx, maildropId: string, fate: MaildropFate): Promise<void> {
  const maildrop = await tx
    .selectFrom("maildrop")
    .select(["name", "messages"])
    .where("maildrop_id", "=", maildropId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const other = await tx
    .selectFrom("login")
    .select("login_id")
    .where("maildrop_id", "=", maildropId)
    .limit(1)
    .executeTakeFirst();
  if (other !== undefined) return;
  if (fate === "keep") {
    await tx.deleteFrom("address").where("maildrop_id", "=", maildropId).execute();
    return;
  }
  if (fate === "refuse-unless-empty" && maildrop.messages > 0) {
    refuse({ registryFault: "not-empty", name: maildrop.name, count: maildrop.messages });
  }
  await tx.deleteFrom("maildrop").where("maildrop_id", "=", maildropId).execute();
  for (const table of ["message", "hidden_message", "body", "tombstone", "view_fence"] as const) {
    await tx.deleteFrom(table).where("maildrop_id", "=", maildropId).execute();
  }
}

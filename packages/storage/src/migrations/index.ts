import type { Migration } from "kysely/migration";
import * as foundation from "./0001-foundation.ts";

/** Every change of the schema, in order. One that has been released is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-foundation": foundation,
};

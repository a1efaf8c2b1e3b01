import type { Migration } from "kysely/migration";
import * as foundation from "./0001-foundation.ts";
import * as credentials from "./0002-credentials.ts";
import * as retention from "./0003-retention.ts";
import * as imports from "./0004-imports.ts";
import * as retrievalMarks from "./0005-retrieval-marks.ts";
import * as loginStamps from "./0006-login-stamps.ts";
import * as access from "./0007-access.ts";
import * as surrogates from "./0008-surrogates.ts";
import * as fetchedMarks from "./0009-fetched-marks.ts";
import * as defaultPolicies from "./0010-default-policies.ts";
import * as tokenParents from "./0011-token-parents.ts";

/** Every change of the schema, in order. One that has been released is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-foundation": foundation,
  "0002-credentials": credentials,
  "0003-retention": retention,
  "0004-imports": imports,
  "0005-retrieval-marks": retrievalMarks,
  "0006-login-stamps": loginStamps,
  "0007-access": access,
  "0008-surrogates": surrogates,
  "0009-fetched-marks": fetchedMarks,
  "0010-default-policies": defaultPolicies,
  "0011-token-parents": tokenParents,
};

import { type Credential, type Login, type LoginDirectory, type View, WHOLE } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { booleanAt, isNull, numberAt, type Row, textAt } from "./lane/value.ts";
import { findLogin } from "./statements.ts";
import { storageDown } from "./storage-error.ts";

/** Logins in Postgres. */
export class PostgresLoginDirectory implements LoginDirectory {
  readonly #lookups: SharedLanes;

  constructor(lookups: SharedLanes) {
    this.#lookups = lookups;
  }

  async findLogin(name: string): Promise<Login | undefined | Fault> {
    // Text in Postgres cannot hold NUL: no login has such a name.
    if (name.includes("\0")) return undefined;
    try {
      const rows = await this.#lookups.run(findLogin, [name.toLowerCase()]);
      return rows[0] === undefined ? undefined : loginOf(rows[0], rows);
    } catch (error) {
      return storageDown(error);
    }
  }
}

const loginOf = (row: Row, rows: readonly Row[]): Login => ({
  loginId: numberAt(row, 0),
  name: textAt(row, 1),
  maildropId: numberAt(row, 2),
  view: viewOf(isNull(row, 3) ? null : textAt(row, 3)),
  isDisabled: booleanAt(row, 4),
  version: numberAt(row, 5),
  credentials: rows.filter((each) => !isNull(each, 6)).map(credentialOf),
});

const credentialOf = (row: Row): Credential => ({
  credentialId: numberAt(row, 6),
  kind: "password",
  verifier: textAt(row, 7),
});

/** The view that a column with a local part, or NULL, stands for. */
export const viewOf = (localPart: string | null): View =>
  localPart === null ? WHOLE : { kind: "local-part", localPart };

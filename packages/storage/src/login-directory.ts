import {
  type Credential,
  type CredentialDirectory,
  type CredentialKind,
  isRegistryFault,
  type Login,
  type LoginRestrictions,
  type NewCredential,
  type RegistryFault,
  type View,
  WHOLE,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import { KnownLogins, stampOf } from "./known-logins.ts";
import type { Statement } from "./lane/frontend-message.ts";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { booleanAt, isNull, numberAt, type Row, textArray, textAt, type Value } from "./lane/value.ts";
import { findLogin, findLoginByCredential, stampLogin } from "./login-statements.ts";
import { policyAt } from "./policy-columns.ts";
import type { RegistryDatabase } from "./registry-database.ts";
import { credentialRow } from "./registry-rows.ts";
import { storageDown } from "./storage-error.ts";

/** Logins in Postgres. What is asked at each login goes over the shared lanes; the few writes do not. */
export class PostgresLoginDirectory implements CredentialDirectory {
  readonly #lookups: SharedLanes;
  readonly #database: RegistryDatabase;
  readonly #known: KnownLogins;

  constructor(lookups: SharedLanes, database: RegistryDatabase, knownOctetsMax: number) {
    this.#lookups = lookups;
    this.#database = database;
    this.#known = new KnownLogins(knownOctetsMax);
  }

  async findLogin(name: string): Promise<Login | undefined | Fault> {
    return this.findFirstLogin([name]);
  }

  async findFirstLogin(names: readonly string[]): Promise<Login | undefined | Fault> {
    const possible = names.map((name) => name.toLowerCase()).filter(isStorable);
    if (possible.length === 0) return undefined;
    const values = [textArray(possible)];
    try {
      const rows = await this.#lookups.run(stampLogin, values);
      // Nobody's name costs what somebody's does who was here before.
      if (rows.length === 0) return undefined;
      const stamp = stampOf(rows);
      const key = possible.join("\0");
      const known = this.#known.get(key, stamp);
      if (known !== undefined) return known;
      // Stamped before it is read: what changes in between is read anew the next time.
      const login = await this.#find(findLogin, values);
      if (login !== undefined && !isFault(login)) this.#known.set(key, stamp, login);
      return login;
    } catch (error) {
      return storageDown(error);
    }
  }

  async findByCredential(
    kind: CredentialKind,
    verifiers: readonly string[],
  ): Promise<Login | undefined | Fault> {
    const possible = verifiers.filter(isStorable);
    if (possible.length === 0) return undefined;
    return this.#find(findLoginByCredential, [kind, textArray(possible)]);
  }

  async replaceVerifier(
    credentialId: number,
    from: string,
    to: string,
    others: readonly NewCredential[] = [],
  ): Promise<boolean | Fault> {
    const changed = await this.#database.change(async (tx) => {
      const replaced = await tx
        .updateTable("credential")
        .set({ verifier: to })
        .where("credential_id", "=", String(credentialId))
        .where("verifier", "=", from)
        .returning("login_id")
        .executeTakeFirst();
      if (replaced !== undefined && others.length > 0) {
        await tx
          .insertInto("credential")
          .values(others.map((other) => credentialRow(replaced.login_id, other)))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      return replaced !== undefined;
    });
    return isRegistryFault(changed) ? faultOf(changed) : changed;
  }

  async claimStep(credentialId: number, step: number): Promise<boolean | Fault> {
    const changed = await this.#database.change(async (tx) =>
      tx
        .updateTable("credential")
        .set({ last_step: step })
        .where("credential_id", "=", String(credentialId))
        .where((is) => is.or([is("last_step", "is", null), is("last_step", "<", String(step))]))
        .executeTakeFirstOrThrow(),
    );
    return isRegistryFault(changed) ? faultOf(changed) : changed.numUpdatedRows > 0n;
  }

  async recordUse(credentialId: number, at: Date): Promise<undefined | Fault> {
    const changed = await this.#database.change(async (tx) =>
      tx
        .updateTable("credential")
        .set({ last_used_at: at })
        .where("credential_id", "=", String(credentialId))
        .executeTakeFirstOrThrow(),
    );
    return isRegistryFault(changed) ? faultOf(changed) : undefined;
  }

  async #find(statement: Statement, values: readonly Value[]): Promise<Login | undefined | Fault> {
    try {
      const rows = await this.#lookups.run(statement, values);
      return rows[0] === undefined ? undefined : loginOf(rows[0], rows);
    } catch (error) {
      return storageDown(error);
    }
  }
}

/** Text in Postgres cannot hold NUL: nothing that is stored has one. */
const isStorable = (text: string): boolean => !text.includes("\0");

const faultOf = (fault: RegistryFault): Fault => ({
  fault: "storage-down",
  cause: "cause" in fault ? fault.cause : fault,
});

/** The first login of the answer; other names may have others. */
function loginOf(row: Row, rows: readonly Row[]): Login {
  const loginId = numberAt(row, 0);
  const restrictions = restrictionsOf(row);
  const policy = policyAt(row, 17);
  return {
    loginId,
    name: textAt(row, 1),
    maildropId: numberAt(row, 2),
    view: viewOf(isNull(row, 3) ? null : textAt(row, 3)),
    isDisabled: booleanAt(row, 4),
    version: numberAt(row, 5),
    tenant: textAt(row, 6),
    credentials: rows.filter((each) => !isNull(each, 10) && numberAt(each, 0) === loginId).map(credentialOf),
    ...(restrictions === undefined ? {} : { restrictions }),
    ...(policy === undefined ? {} : { policy }),
  };
}

function restrictionsOf(row: Row): LoginRestrictions | undefined {
  const requiresTls = booleanAt(row, 9);
  if (isNull(row, 7) && isNull(row, 8) && !requiresTls) return undefined;
  return {
    ...(isNull(row, 7) ? {} : { mechanisms: wordsAt(row, 7) }),
    ...(isNull(row, 8) ? {} : { networks: wordsAt(row, 8) }),
    requiresTls,
  };
}

/** Empty lists restrict nothing, and are left out. */
function credentialOf(row: Row): Credential {
  const scopes = wordsAt(row, 14);
  const networks = wordsAt(row, 15);
  return {
    credentialId: numberAt(row, 10),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only kinds are ever written there
    kind: textAt(row, 11) as CredentialKind,
    verifier: textAt(row, 12),
    ...(isNull(row, 13) ? {} : { label: textAt(row, 13) }),
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(networks.length === 0 ? {} : { networks }),
    ...(isNull(row, 16) ? {} : { expiresAt: new Date(numberAt(row, 16)) }),
  };
}

const wordsAt = (row: Row, column: number): readonly string[] =>
  textAt(row, column)
    .split(" ")
    .filter((word) => word !== "");

/** The view that a column with a local part, or NULL, stands for. */
export const viewOf = (localPart: string | null): View =>
  localPart === null ? WHOLE : { kind: "local-part", localPart };

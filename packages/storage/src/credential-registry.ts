import {
  CREDENTIALS_MAX,
  type CredentialKind,
  type CredentialRegistry,
  type CredentialSummary,
  type LoginRestrictions,
  type LoginSummary,
  type NewCredential,
  type NewHostView,
  type NewLogin,
  type Page,
  type RegistryFault,
} from "@poplar/maildrop";
import { catchAll } from "./address.ts";
import { viewOf } from "./login-directory.ts";
import { limitOf, type RegistryDatabase, refuse, type Tx } from "./registry-database.ts";
import {
  changedLogin,
  credentialRow,
  findLogin,
  insertAddress,
  insertCredentials,
  insertLogin,
  insertMaildrop,
  placeOf,
  restrictionColumns,
} from "./registry-rows.ts";

/** Kinds whose verifier is a name and no secret. */
const subjectKinds: ReadonlySet<string> = new Set([
  "kerberos-principal",
  "client-certificate",
  "oauth-subject",
]);

/** Logins of hosts, and what opens logins, in Postgres. */
export class PostgresCredentialRegistry implements CredentialRegistry {
  readonly #database: RegistryDatabase;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  async addHost(host: NewLogin): Promise<LoginSummary | RegistryFault> {
    const name = host.name.toLowerCase();
    const { quotaOctets, isDisabled = false, passwordVerifier: verifier, credentials = [] } = host;
    return this.#database.change(async (tx) => {
      const domainId = await ownDomain(tx, name);
      const maildropId = await insertMaildrop(tx, { name, quotaOctets });
      const { loginId, createdAt } = await insertLogin(tx, { name, domainId, maildropId, isDisabled });
      const address = `${catchAll}@${name}`;
      await insertAddress(tx, { domainId, localPart: catchAll, maildropId, name: address });
      await insertCredentials(tx, loginId, [{ kind: "password", verifier }, ...credentials]);
      return { name, maildropId: Number(maildropId), view: viewOf(null), isDisabled, createdAt };
    });
  }

  async addHostView(view: NewHostView): Promise<LoginSummary | RegistryFault> {
    const name = view.name.toLowerCase();
    return this.#database.change(async (tx) => {
      const { domainId, localPart } = await placeOf(tx, name);
      const host = await findLogin(tx, name.slice(localPart.length + 1));
      const maildropId = host.maildrop_id;
      const ofHost = { localPart, hostLoginId: host.login_id };
      const { loginId, createdAt } = await insertLogin(tx, { name, domainId, maildropId, view: ofHost });
      await insertCredentials(tx, loginId, view.credentials);
      return {
        name,
        maildropId: Number(maildropId),
        view: viewOf(localPart),
        isDisabled: false,
        createdAt,
      };
    });
  }

  async addCredential(login: string, credential: NewCredential): Promise<CredentialSummary | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, login);
      const { count } = await tx
        .selectFrom("credential")
        .select(({ fn }) => fn.countAll().as("count"))
        .where("login_id", "=", login_id)
        .executeTakeFirstOrThrow();
      if (Number(count) >= CREDENTIALS_MAX) {
        return refuse({ registryFault: "too-many", name: login, max: CREDENTIALS_MAX });
      }
      const added = await tx
        .insertInto("credential")
        .values(credentialRow(login_id, credential))
        .onConflict((conflict) => conflict.doNothing())
        .returning(summaryColumns)
        .executeTakeFirst();
      return added === undefined
        ? refuse({ registryFault: "already-exists", name: nameOf(credential) })
        : summaryOf(added);
    });
  }

  async listCredentials(login: string, page: Page): Promise<readonly CredentialSummary[] | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await findLogin(tx, login);
      const rows = await tx
        .selectFrom("credential")
        .select(summaryColumns)
        .where("login_id", "=", login_id)
        .where("credential_id", ">", page.after ?? "0")
        .orderBy("credential_id")
        .limit(limitOf(page))
        .execute();
      return rows.map(summaryOf);
    });
  }

  async removeCredentials(
    login: string,
    kinds: readonly CredentialKind[],
    label: string | undefined,
  ): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, login);
      const { numDeletedRows } = await tx
        .deleteFrom("credential")
        .where("login_id", "=", login_id)
        .where("kind", "in", kinds)
        .where("label", "is not distinct from", label ?? null)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 0n
        ? refuse({ registryFault: "not-found", name: label ?? kinds.join(", ") })
        : undefined;
    });
  }

  async resealVerifier(credentialId: number, from: string, to: string): Promise<boolean | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable("credential")
        .set({ verifier: to })
        .where("credential_id", "=", String(credentialId))
        .where("verifier", "=", from)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    });
  }

  async removeSubject(
    login: string,
    kind: CredentialKind,
    subject: string,
  ): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, login);
      const { numDeletedRows } = await tx
        .deleteFrom("credential")
        .where("login_id", "=", login_id)
        .where("kind", "=", kind)
        .where("verifier", "=", subject)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 0n ? refuse({ registryFault: "not-found", name: subject }) : undefined;
    });
  }

  async setRestrictions(login: string, restrictions: LoginRestrictions): Promise<undefined | RegistryFault> {
    return this.#database.change(async (tx) => {
      const { login_id } = await changedLogin(tx, login);
      await tx
        .updateTable("login")
        .set(restrictionColumns(restrictions))
        .where("login_id", "=", login_id)
        .execute();
      return undefined;
    });
  }
}

/** The domain of a host, which is made where there is none. */
async function ownDomain(tx: Tx, name: string): Promise<string> {
  await tx
    .insertInto("domain")
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { domain_id } = await tx
    .selectFrom("domain")
    .select("domain_id")
    .where("name", "=", name)
    .forKeyShare()
    .executeTakeFirstOrThrow();
  return domain_id;
}

const summaryColumns = [
  "credential_id",
  "kind",
  "verifier",
  "label",
  "scopes",
  "networks",
  "created_at",
  "expires_at",
  "last_used_at",
] as const;

interface SummaryRow {
  readonly credential_id: string;
  readonly kind: string;
  readonly verifier: string;
  readonly label: string | null;
  readonly scopes: readonly string[];
  readonly networks: readonly string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

const summaryOf = (row: SummaryRow): CredentialSummary => ({
  credentialId: Number(row.credential_id),
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only kinds are ever written there
  kind: row.kind as CredentialKind,
  label: row.label ?? undefined,
  subject: subjectKinds.has(row.kind) ? row.verifier : undefined,
  scopes: row.scopes,
  networks: row.networks,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
});

/** How an operator knows it; a secret has no name but its label. */
const nameOf = ({ kind, verifier, label }: NewCredential): string =>
  subjectKinds.has(kind) ? verifier : (label ?? kind);

import {
  CREDENTIALS_MAX,
  type Credential,
  type CredentialDirectory,
  type CredentialKind,
  type CredentialRegistry,
  type CredentialSummary,
  type Login,
  type LoginRestrictions,
  type LoginSummary,
  type NewCredential,
  type NewHostView,
  type NewLogin,
  type Page,
  type RegistryFault,
  WHOLE,
} from "@poplar/maildrop";
import { type Fault, isFault } from "@poplar/protocol";
import {
  makeMaildrop,
  nextId,
  policyIn,
  type StoredLogin,
  type StoreState,
  splitAddress,
  summaryOf,
} from "./state.ts";

/** What is noted of a credential beside what it is. */
interface CredentialNotes {
  readonly createdAt?: Date;
  readonly lastUsedAt?: Date;
  readonly lastStep?: number;
}

const SUBJECT_KINDS: ReadonlySet<CredentialKind> = new Set([
  "kerberos-principal",
  "client-certificate",
  "oauth-subject",
]);

const isSubject = ({ kind }: NewCredential): boolean => SUBJECT_KINDS.has(kind);

/** Finds logins in memory, and changes what opens them. */
export class MemoryCredentials implements CredentialDirectory, CredentialRegistry {
  readonly #state: StoreState;
  readonly #notes = new Map<number, CredentialNotes>();

  constructor(state: StoreState) {
    this.#state = state;
  }

  async findLogin(name: string): Promise<Login | undefined | Fault> {
    return this.findFirstLogin([name]);
  }

  async findFirstLogin(names: readonly string[]): Promise<Login | undefined | Fault> {
    const { down, logins } = this.#state;
    if (down !== undefined) return { fault: "storage-down", cause: down };
    const found = names.map((name) => logins.get(name.toLowerCase())).find((login) => login !== undefined);
    return found && this.#effective(found);
  }

  async findByCredential(
    kind: CredentialKind,
    verifiers: readonly string[],
  ): Promise<Login | undefined | Fault> {
    const { down, logins } = this.#state;
    if (down !== undefined) return { fault: "storage-down", cause: down };
    for (const verifier of verifiers) {
      for (const login of logins.values()) {
        const has = login.credentials.some((each) => each.kind === kind && each.verifier === verifier);
        if (has) return this.#effective(login);
      }
    }
    return undefined;
  }

  async replaceVerifier(
    credentialId: number,
    from: string,
    to: string,
    others: readonly NewCredential[] = [],
  ): Promise<boolean | Fault> {
    const isReplaced = this.#changeCredential(credentialId, (credential) =>
      credential.verifier === from ? { ...credential, verifier: to } : undefined,
    );
    const login = [...this.#state.logins.values()].find(({ credentials }) =>
      credentials.some((each) => each.credentialId === credentialId),
    );
    if (isReplaced === true && login !== undefined) {
      const isThere = ({ kind, label }: NewCredential): boolean =>
        login.credentials.some((each) => each.kind === kind && each.label === label);
      const added = this.#stored(others.filter((other) => !isThere(other)));
      this.#state.logins.set(login.name, { ...login, credentials: [...login.credentials, ...added] });
    }
    return isReplaced;
  }

  async resealVerifier(credentialId: number, from: string, to: string): Promise<boolean | RegistryFault> {
    const replaced = await this.replaceVerifier(credentialId, from, to);
    return isFault(replaced) ? { registryFault: "storage-down", cause: replaced } : replaced;
  }

  async claimStep(credentialId: number, step: number): Promise<boolean | Fault> {
    return this.#changeCredential(credentialId, (credential) => {
      const last = this.#notes.get(credentialId)?.lastStep ?? credential.lastStep ?? 0;
      if (last >= step) return undefined;
      this.#note(credentialId, { lastStep: step });
      return credential;
    });
  }

  async recordUse(credentialId: number, at: Date): Promise<undefined | Fault> {
    const { down } = this.#state;
    if (down !== undefined) return { fault: "storage-down", cause: down };
    this.#note(credentialId, { lastUsedAt: at });
    return undefined;
  }

  async addHost(host: NewLogin): Promise<LoginSummary | RegistryFault> {
    const name = host.name.toLowerCase();
    return this.#answer(() => {
      const catchAll = `*@${name}`;
      if (this.#state.logins.has(name)) return { registryFault: "already-exists", name };
      if (this.#state.addresses.has(catchAll)) return { registryFault: "already-exists", name: catchAll };
      if (!this.#state.domains.has(name)) this.#state.domains.set(name, new Date());
      const maildropId = makeMaildrop(this.#state, name, host.quotaOctets);
      const password: NewCredential = { kind: "password", verifier: host.passwordVerifier };
      this.#state.addresses.set(catchAll, maildropId);
      return this.#add({
        name,
        maildropId,
        view: WHOLE,
        isDisabled: host.isDisabled ?? false,
        credentials: this.#stored([password, ...(host.credentials ?? [])]),
      });
    });
  }

  async addHostView(view: NewHostView): Promise<LoginSummary | RegistryFault> {
    const name = view.name.toLowerCase();
    return this.#answer(() => {
      const { localPart = "", domain = name } = splitAddress(name) ?? {};
      const host = this.#state.logins.get(domain);
      if (host === undefined) return { registryFault: "not-found", name: domain };
      if (this.#state.logins.has(name)) return { registryFault: "already-exists", name };
      return this.#add({
        name,
        maildropId: host.maildropId,
        view: { kind: "local-part", localPart },
        isDisabled: false,
        credentials: this.#stored(view.credentials),
        hostLoginId: host.loginId,
      });
    });
  }

  async addCredential(name: string, credential: NewCredential): Promise<CredentialSummary | RegistryFault> {
    return this.#changeLogin(name, (login) => {
      if (login.credentials.length >= CREDENTIALS_MAX) {
        return { registryFault: "too-many", name, max: CREDENTIALS_MAX };
      }
      const isTaken = isSubject(credential)
        ? [...this.#state.logins.values()].some(({ credentials }) =>
            credentials.some(
              (each) => each.kind === credential.kind && each.verifier === credential.verifier,
            ),
          )
        : login.credentials.some((each) => each.kind === credential.kind && each.label === credential.label);
      if (isTaken) return { registryFault: "already-exists", name: nameOf(credential) };
      const [added] = this.#stored([credential]);
      if (added === undefined) throw new Error("nothing was stored");
      this.#put(login, { credentials: [...login.credentials, added] });
      return this.#summaryOf(login, added);
    });
  }

  async listCredentials(
    name: string,
    { after = "0", limit }: Page,
  ): Promise<readonly CredentialSummary[] | RegistryFault> {
    return this.#changeLogin(name, (login) =>
      login.credentials
        .map((each) => this.#summaryOf(login, each))
        .filter(({ credentialId }) => credentialId > Number(after))
        .slice(0, limit),
    );
  }

  async removeCredentials(
    name: string,
    kinds: readonly CredentialKind[],
    label: string | undefined,
  ): Promise<undefined | RegistryFault> {
    return this.#remove(
      name,
      label ?? kinds.join(", "),
      (each) => kinds.includes(each.kind) && each.label === label,
    );
  }

  async removeSubject(
    name: string,
    kind: CredentialKind,
    subject: string,
  ): Promise<undefined | RegistryFault> {
    return this.#remove(name, subject, (each) => each.kind === kind && each.verifier === subject);
  }

  async setRestrictions(name: string, restrictions: LoginRestrictions): Promise<undefined | RegistryFault> {
    return this.#changeLogin(name, (login) => {
      this.#put(login, { restrictions });
      return undefined;
    });
  }

  /** With what its host gives it. */
  #effective({ createdAt: _createdAt, hostLoginId, ...login }: StoredLogin): Login {
    const isValid = ({ expiresAt }: Credential): boolean => expiresAt === undefined || expiresAt > new Date();
    const host = [...this.#state.logins.values()].find(({ loginId }) => loginId === hostLoginId);
    const credentials = [...login.credentials, ...(host?.credentials ?? [])]
      .filter(isValid)
      .toSorted((one, other) => one.credentialId - other.credentialId);
    const isDisabled = login.isDisabled || (host?.isDisabled ?? false);
    const version = login.version + (host?.version ?? 0);
    const restrictions = {
      ...host?.restrictions,
      ...login.restrictions,
      requiresTls: login.restrictions?.requiresTls === true || host?.restrictions?.requiresTls === true,
    };
    const policy = policyIn(this.#state, login.name);
    return {
      ...login,
      credentials,
      isDisabled,
      version,
      ...(host === undefined ? {} : { restrictions }),
      ...(policy === undefined || Object.keys(policy).length === 0 ? {} : { policy }),
    };
  }

  #add(login: Omit<StoredLogin, "loginId" | "version" | "createdAt">): LoginSummary {
    const added = { ...login, loginId: nextId(this.#state), version: 1, createdAt: new Date() };
    this.#state.logins.set(added.name, added);
    return summaryOf(added);
  }

  #stored(credentials: readonly NewCredential[]): readonly Credential[] {
    return credentials.map((credential) => {
      const credentialId = nextId(this.#state);
      this.#note(credentialId, { createdAt: new Date() });
      return { ...credential, credentialId };
    });
  }

  #note(credentialId: number, notes: CredentialNotes): void {
    this.#notes.set(credentialId, { ...this.#notes.get(credentialId), ...notes });
  }

  #put(login: StoredLogin, change: Partial<StoredLogin>): void {
    this.#state.logins.set(login.name, { ...login, ...change, version: login.version + 1 });
  }

  #remove(
    name: string,
    what: string,
    isGone: (credential: Credential) => boolean,
  ): undefined | RegistryFault {
    return this.#changeLogin(name, (login) => {
      const kept = login.credentials.filter((each) => !isGone(each));
      if (kept.length === login.credentials.length) return { registryFault: "not-found", name: what };
      this.#put(login, { credentials: kept });
      return undefined;
    });
  }

  #changeCredential(
    credentialId: number,
    change: (credential: Credential) => Credential | undefined,
  ): boolean | Fault {
    const { down, logins } = this.#state;
    if (down !== undefined) return { fault: "storage-down", cause: down };
    for (const login of logins.values()) {
      const found = login.credentials.find((each) => each.credentialId === credentialId);
      const changed = found && change(found);
      if (changed === undefined) continue;
      const credentials = login.credentials.map((each) => (each === found ? changed : each));
      logins.set(login.name, { ...login, credentials });
      return true;
    }
    return false;
  }

  #answer<T>(work: () => T | RegistryFault): T | RegistryFault {
    const { down } = this.#state;
    return down === undefined ? work() : { registryFault: "storage-down", cause: down };
  }

  #changeLogin<T>(name: string, work: (login: StoredLogin) => T | RegistryFault): T | RegistryFault {
    return this.#answer(() => {
      const login = this.#state.logins.get(name.toLowerCase());
      return login === undefined ? { registryFault: "not-found", name: name.toLowerCase() } : work(login);
    });
  }

  #summaryOf({ createdAt }: StoredLogin, credential: Credential): CredentialSummary {
    const notes = this.#notes.get(credential.credentialId);
    return {
      credentialId: credential.credentialId,
      kind: credential.kind,
      label: credential.label,
      subject: isSubject(credential) ? credential.verifier : undefined,
      scopes: credential.scopes ?? [],
      networks: credential.networks ?? [],
      createdAt: notes?.createdAt ?? createdAt,
      expiresAt: credential.expiresAt,
      lastUsedAt: notes?.lastUsedAt,
    };
  }
}

const nameOf = (credential: NewCredential): string =>
  isSubject(credential) ? credential.verifier : (credential.label ?? credential.kind);

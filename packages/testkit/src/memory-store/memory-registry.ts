import {
  type AppPasswordCounts,
  type Credential,
  DEFAULT_TENANT,
  type Domain,
  type LoginSummary,
  type MaildropFate,
  type MaildropSummary,
  type MessageSummary,
  type NewCredential,
  type NewLogin,
  PASSWORD_KINDS,
  type Page,
  type Registry,
  type RegistryFault,
  type Scope,
  type Totals,
  WHOLE,
} from "@poplar/maildrop";
import {
  isWithin,
  makeMaildrop,
  nextId,
  type StoredLogin,
  type StoredMaildrop,
  type StoreState,
  splitAddress,
  summaryOf,
  tenantIn,
  uniqueIdIn,
} from "./state.ts";

/** Domains, logins and maildrops in memory. */
export class MemoryRegistry implements Registry {
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  async addDomain(name: string, tenant: string = DEFAULT_TENANT): Promise<Domain | RegistryFault> {
    const domain = name.toLowerCase();
    return this.#answer(() => {
      if (this.#state.domains.has(domain)) return { registryFault: "already-exists", name: domain };
      if (!this.#state.tenants.has(tenant)) return { registryFault: "not-found", name: tenant };
      const createdAt = new Date();
      this.#state.domains.set(domain, createdAt);
      this.#state.tenantOfDomain.set(domain, tenant);
      return { name: domain, tenant, logins: 0, createdAt };
    });
  }

  async hasDomain(name: string): Promise<boolean | RegistryFault> {
    return this.#answer(() => this.#state.domains.has(name.toLowerCase()));
  }

  async listDomains(page: Page, scope?: Scope): Promise<readonly Domain[] | RegistryFault> {
    return this.#answer(() => {
      const all = [...this.#state.domains.keys()];
      const names = all.filter((name) => isWithin(this.#state, scope, name)).toSorted();
      const after = names.filter((name) => name > (page.after ?? "")).slice(0, page.limit);
      return after.map((name) => ({
        name,
        tenant: tenantIn(this.#state, name),
        logins: this.#loginsOf(name).length,
        createdAt: this.#state.domains.get(name) ?? new Date(0),
      }));
    });
  }

  async removeDomain(name: string): Promise<undefined | RegistryFault> {
    const domain = name.toLowerCase();
    return this.#answer(() => {
      const count = this.#loginsOf(domain).length;
      if (count > 0) return { registryFault: "not-empty", name: domain, count };
      if (!this.#state.domains.delete(domain)) return { registryFault: "not-found", name: domain };
      this.#state.defaultPolicies.delete(domain);
      for (const address of this.#state.addresses.keys()) {
        if (address.endsWith(`@${domain}`)) this.#state.addresses.delete(address);
      }
      return undefined;
    });
  }

  async addLogin(login: NewLogin): Promise<LoginSummary | RegistryFault> {
    const name = login.name.toLowerCase();
    return this.#answer(() => {
      const unknown = this.#domainMissing(name);
      if (unknown !== undefined) return unknown;
      if (this.#state.logins.has(name) || this.#state.addresses.has(name)) {
        return { registryFault: "already-exists", name };
      }
      const maildropId = makeMaildrop(this.#state, name, login.quotaOctets);
      const added: StoredLogin = {
        loginId: nextId(this.#state),
        name,
        maildropId,
        view: WHOLE,
        isDisabled: login.isDisabled ?? false,
        version: 1,
        credentials: this.#stored([passwordOf(login.passwordVerifier), ...(login.credentials ?? [])]),
        createdAt: new Date(),
        ...(login.restrictions === undefined ? {} : { restrictions: login.restrictions }),
      };
      this.#state.logins.set(name, added);
      this.#state.addresses.set(name, maildropId);
      return summaryOf(added);
    });
  }

  async addLogins(
    logins: readonly NewLogin[],
  ): Promise<readonly (LoginSummary | RegistryFault)[] | RegistryFault> {
    const { down } = this.#state;
    if (down !== undefined) return { registryFault: "storage-down", cause: down };
    return Promise.all(logins.map(async (login) => this.addLogin(login)));
  }

  async listLogins(
    domain: string | undefined,
    page: Page,
    scope?: Scope,
  ): Promise<readonly LoginSummary[] | RegistryFault> {
    return this.#answer(() => {
      const logins =
        domain === undefined ? [...this.#state.logins.values()] : this.#loginsOf(domain.toLowerCase());
      const after = logins.filter(({ name }) => name > (page.after ?? ""));
      return after
        .filter(({ name }) => isWithin(this.#state, scope, name))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1))
        .slice(0, page.limit)
        .map(summaryOf);
    });
  }

  async setPassword(
    name: string,
    passwordVerifier: string,
    credentials: readonly NewCredential[] = [],
    { revokesAppPasswords }: { readonly revokesAppPasswords: boolean } = { revokesAppPasswords: false },
  ): Promise<AppPasswordCounts | RegistryFault> {
    return this.#answer(() => {
      const had = this.#state.logins.get(name.toLowerCase())?.credentials ?? [];
      const isGone = ({ kind, label }: NewCredential): boolean =>
        (PASSWORD_KINDS.includes(kind) && label === undefined) ||
        (revokesAppPasswords && kind === "app-password");
      const appPasswords = had.filter(({ kind }) => kind === "app-password").length;
      const made = this.#stored([passwordOf(passwordVerifier), ...credentials]);
      const kept = had.filter((credential) => !isGone(credential));
      const fault = this.#changeLogin(name, { credentials: [...kept, ...made] });
      return (
        fault ?? {
          revokedAppPasswords: revokesAppPasswords ? appPasswords : 0,
          keptAppPasswords: revokesAppPasswords ? 0 : appPasswords,
        }
      );
    });
  }

  async setDisabled(name: string, isDisabled: boolean): Promise<undefined | RegistryFault> {
    return this.#changeLogin(name, { isDisabled });
  }

  async removeLogin(name: string, fate: MaildropFate): Promise<undefined | RegistryFault> {
    return this.#withMaildrop(name, (maildrop, login) => {
      const { maildropId, messages } = maildrop;
      for (const view of this.#state.logins.values()) {
        if (view.hostLoginId === login.loginId) this.#state.logins.delete(view.name);
      }
      const others = [...this.#state.logins.values()].filter((other) => other.maildropId === maildropId);
      if (others.length === 1) {
        if (fate === "refuse-unless-empty" && messages.size > 0) {
          return { registryFault: "not-empty", name: maildrop.name, count: messages.size };
        }
        for (const [address, leadsTo] of this.#state.addresses) {
          if (leadsTo === maildropId) this.#state.addresses.delete(address);
        }
        if (fate !== "keep") {
          messages.clear();
          this.#state.maildrops.delete(maildropId);
        }
      }
      this.#state.logins.delete(login.name);
      this.#state.ownPolicies.delete(login.name);
      return undefined;
    });
  }

  async addAddress(address: string, login: string): Promise<undefined | RegistryFault> {
    const name = address.toLowerCase();
    return this.#answer(() => {
      const unknown = this.#domainMissing(name);
      const found = this.#state.logins.get(login.toLowerCase());
      if (unknown !== undefined) return unknown;
      if (found === undefined) return { registryFault: "not-found", name: login.toLowerCase() };
      if (this.#state.addresses.has(name)) return { registryFault: "already-exists", name };
      this.#state.addresses.set(name, found.maildropId);
      return undefined;
    });
  }

  async removeAddress(address: string): Promise<undefined | RegistryFault> {
    const name = address.toLowerCase();
    return this.#answer(() => {
      const unknown = this.#domainMissing(name);
      if (unknown !== undefined) return unknown;
      return this.#state.addresses.delete(name) ? undefined : { registryFault: "not-found", name };
    });
  }

  async listMaildrops(page: Page, scope?: Scope): Promise<readonly MaildropSummary[] | RegistryFault> {
    return this.#answer(() => {
      const maildrops = [...this.#state.maildrops.values()].filter(({ name }) =>
        isWithin(this.#state, scope, name),
      );
      const after = maildrops.filter(({ maildropId }) => maildropId > Number(page.after ?? 0));
      return after.slice(0, page.limit).map(maildropSummaryOf);
    });
  }

  async showMaildrop(login: string): Promise<MaildropSummary | RegistryFault> {
    return this.#withMaildrop(login, maildropSummaryOf);
  }

  async listMessages(login: string, page: Page): Promise<readonly MessageSummary[] | RegistryFault> {
    return this.#withMaildrop(login, (maildrop, { view }) => {
      const isSeen = (localPart: string): boolean =>
        view.kind === "whole" || view.localPart.toLowerCase() === localPart;
      return [...maildrop.messages.values()]
        .filter((message) => message.uid > Number(page.after ?? 0) && isSeen(message.localPart))
        .slice(0, page.limit)
        .map((message) => ({
          uid: message.uid,
          uniqueId: uniqueIdIn(maildrop, message),
          octets: message.octets,
          receivedAt: message.receivedAt,
          reversePath: message.reversePath,
          recipient: message.recipient,
        }));
    });
  }

  async totals(): Promise<Totals | RegistryFault> {
    return this.#answer(() => {
      const { domains, logins, maildrops } = this.#state;
      const hidden = Array.from(maildrops.values(), ({ hidden: messages }) => [...messages.values()]).flat();
      return {
        domains: domains.size,
        logins: logins.size,
        disabledLogins: [...logins.values()].filter(({ isDisabled }) => isDisabled).length,
        maildrops: maildrops.size,
        messages: [...maildrops.values()].reduce((sum, { messages }) => sum + messages.size, 0),
        octets: [...maildrops.values()].reduce((sum, { octets }) => sum + octets, 0),
        hiddenMessages: hidden.length,
        hiddenOctets: hidden.reduce((sum, { message }) => sum + message.octets, 0),
      };
    });
  }

  async setQuota(login: string, quotaOctets: number | undefined): Promise<undefined | RegistryFault> {
    return this.#withMaildrop(login, (maildrop) => {
      maildrop.quotaOctets = quotaOctets;
      return undefined;
    });
  }

  #answer<T>(work: () => T | RegistryFault): T | RegistryFault {
    const { down } = this.#state;
    return down === undefined ? work() : { registryFault: "storage-down", cause: down };
  }

  #withMaildrop<T>(
    name: string,
    work: (maildrop: StoredMaildrop, login: StoredLogin) => T | RegistryFault,
  ): T | RegistryFault {
    return this.#answer(() => {
      const login = this.#state.logins.get(name.toLowerCase());
      const maildrop = login === undefined ? undefined : this.#state.maildrops.get(login.maildropId);
      if (login === undefined || maildrop === undefined) {
        return { registryFault: "not-found", name: name.toLowerCase() };
      }
      return work(maildrop, login);
    });
  }

  #changeLogin(name: string, change: Partial<StoredLogin>): undefined | RegistryFault {
    return this.#withMaildrop(name, (_, login) => {
      this.#state.logins.set(login.name, { ...login, ...change, version: login.version + 1 });
      return undefined;
    });
  }

  #stored(credentials: readonly NewCredential[]): readonly Credential[] {
    return credentials.map((credential) => ({ ...credential, credentialId: nextId(this.#state) }));
  }

  #loginsOf(domain: string): StoredLogin[] {
    return [...this.#state.logins.values()].filter(
      (login) => login.name === domain || login.name.endsWith(`@${domain}`),
    );
  }

  #domainMissing(address: string): RegistryFault | undefined {
    const domain = splitAddress(address)?.domain;
    if (domain !== undefined && this.#state.domains.has(domain)) return undefined;
    return { registryFault: "not-found", name: domain ?? address };
  }
}

const passwordOf = (verifier: string): NewCredential => ({ kind: "password", verifier });

const maildropSummaryOf = (maildrop: StoredMaildrop): MaildropSummary => ({
  maildropId: maildrop.maildropId,
  name: maildrop.name,
  messages: maildrop.messages.size,
  octets: maildrop.octets,
  quotaOctets: maildrop.quotaOctets,
  createdAt: maildrop.createdAt,
});

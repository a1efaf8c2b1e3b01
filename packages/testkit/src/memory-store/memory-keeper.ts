import type {
  HiddenMessage,
  MailKeeper,
  MailPolicy,
  Page,
  PolicyBounds,
  RegistryFault,
  SweepLimits,
  Swept,
} from "@poplar/maildrop";
import {
  policyIn,
  type StoredHidden,
  type StoredLogin,
  type StoredMaildrop,
  type StoreState,
  uniqueIdIn,
} from "./state.ts";

const dayMs = 86_400_000;

/** Policies and hidden mail in memory; a sweep is one step. */
export class MemoryKeeper implements MailKeeper {
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  async setPolicy(login: string, policy: MailPolicy | undefined): Promise<undefined | RegistryFault> {
    const found = this.#find(login);
    if ("registryFault" in found) return found;
    const { name, version } = found.login;
    this.#state.logins.set(name, { ...found.login, version: version + 1 });
    if (policy === undefined) this.#state.ownPolicies.delete(name);
    else this.#state.ownPolicies.set(name, policy);
    return undefined;
  }

  async showPolicy(login: string): Promise<MailPolicy | RegistryFault> {
    const found = this.#find(login);
    return "registryFault" in found ? found : (policyIn(this.#state, found.login.name) ?? {});
  }

  async setDefaultPolicy(
    domain: string | undefined,
    policy: MailPolicy | undefined,
  ): Promise<undefined | RegistryFault> {
    const fault = this.#faultOf(domain);
    if (fault !== undefined) return fault;
    if (policy === undefined) this.#state.defaultPolicies.delete(domain);
    else this.#state.defaultPolicies.set(domain, policy);
    return undefined;
  }

  async showDefaultPolicy(domain: string | undefined): Promise<MailPolicy | RegistryFault> {
    return this.#faultOf(domain) ?? this.#state.defaultPolicies.get(domain) ?? {};
  }

  async bounds(): Promise<PolicyBounds | RegistryFault> {
    const policies = [...this.#state.ownPolicies.values(), ...this.#state.defaultPolicies.values()];
    const days = policies.flatMap((policy) =>
      policy?.removesRetrieved === true ? 0 : (policy?.retentionDays ?? []),
    );
    return {
      retentionDaysMin: days.length === 0 ? undefined : Math.min(...days),
      loginDelaySecondsMax: Math.max(0, ...policies.map((policy) => policy?.loginDelaySeconds ?? 0)),
    };
  }

  async listHidden(login: string, page: Page): Promise<readonly HiddenMessage[] | RegistryFault> {
    const found = this.#find(login);
    if ("registryFault" in found) return found;
    const after = Number(page.after ?? 0);
    return hiddenIn(found.maildrop)
      .filter(({ uid }) => uid > after)
      .slice(0, page.limit);
  }

  async restore(login: string, uniqueIds: readonly string[] | "all"): Promise<number | RegistryFault> {
    return this.#each(login, uniqueIds, (maildrop, { message }) => {
      maildrop.messages.set(message.uid, message);
      const inOrder = [...maildrop.messages].toSorted(([one], [other]) => one - other);
      maildrop.messages.clear();
      for (const [uid, each] of inOrder) maildrop.messages.set(uid, each);
      maildrop.octets += message.octets;
    });
  }

  async purge(login: string, uniqueIds: readonly string[] | "all"): Promise<number | RegistryFault> {
    return this.#each(login, uniqueIds, () => {});
  }

  async expire(_after: number, _limits: SweepLimits): Promise<Swept | undefined | RegistryFault> {
    let messages = 0;
    for (const { name, maildropId } of this.#state.logins.values()) {
      const policy = policyIn(this.#state, name);
      const maildrop = this.#state.maildrops.get(maildropId);
      if (policy?.retentionDays === undefined || maildrop === undefined) continue;
      const oldest = Date.now() - policy.retentionDays * dayMs;
      for (const [uid, message] of maildrop.messages) {
        if (message.receivedAt.getTime() >= oldest) continue;
        maildrop.messages.delete(uid);
        maildrop.octets -= message.octets;
        messages += 1;
      }
    }
    return { messages, next: undefined };
  }

  async purgeOverdue(_limits: SweepLimits): Promise<Swept | undefined | RegistryFault> {
    let messages = 0;
    for (const { hidden } of this.#state.maildrops.values()) {
      for (const [uid, { keepUntil }] of hidden) {
        if (keepUntil.getTime() >= Date.now()) continue;
        hidden.delete(uid);
        messages += 1;
      }
    }
    return { messages, next: undefined };
  }

  #each(
    login: string,
    uniqueIds: readonly string[] | "all",
    take: (maildrop: StoredMaildrop, hidden: StoredHidden) => void,
  ): number | RegistryFault {
    const found = this.#find(login);
    if ("registryFault" in found) return found;
    const all = hiddenIn(found.maildrop);
    const wanted = uniqueIds === "all" ? all.map(({ uniqueId }) => uniqueId) : uniqueIds;
    const unknown = wanted.find((name) => all.every(({ uniqueId }) => uniqueId !== name));
    if (unknown !== undefined) return { registryFault: "not-found", name: unknown };
    for (const { uid, uniqueId } of all) {
      const hidden = found.maildrop.hidden.get(uid);
      if (hidden === undefined || !wanted.includes(uniqueId)) continue;
      found.maildrop.hidden.delete(uid);
      take(found.maildrop, hidden);
    }
    return wanted.length;
  }

  #faultOf(domain: string | undefined): RegistryFault | undefined {
    if (this.#state.down !== undefined) return { registryFault: "storage-down", cause: this.#state.down };
    if (domain === undefined || this.#state.domains.has(domain)) return undefined;
    return { registryFault: "not-found", name: domain };
  }

  #find(name: string): { login: StoredLogin; maildrop: StoredMaildrop } | RegistryFault {
    if (this.#state.down !== undefined) return { registryFault: "storage-down", cause: this.#state.down };
    const login = this.#state.logins.get(name.toLowerCase());
    const maildrop = login && this.#state.maildrops.get(login.maildropId);
    return login === undefined || maildrop === undefined
      ? { registryFault: "not-found", name }
      : { login, maildrop };
  }
}

const hiddenIn = (maildrop: StoredMaildrop): readonly HiddenMessage[] =>
  [...maildrop.hidden.values()].map(({ message, hiddenAt, keepUntil, login, sessionId }) => ({
    uid: message.uid,
    uniqueId: uniqueIdIn(maildrop, message),
    octets: message.octets,
    receivedAt: message.receivedAt,
    hiddenAt,
    keepUntil,
    login,
    sessionId,
  }));

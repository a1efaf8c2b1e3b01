import { createHash } from "node:crypto";
import type { ImportLedger, MessageDigest, RegistryFault } from "@poplar/maildrop";
import { isUniqueIdUsed, type StoredMaildrop, type StoreState } from "./state.ts";

/** What an import asks, in memory. */
export class MemoryLedger implements ImportLedger {
  readonly #state: StoreState;

  constructor(state: StoreState) {
    this.#state = state;
  }

  async usedUniqueIds(
    login: string,
    uniqueIds: readonly string[],
  ): Promise<readonly string[] | RegistryFault> {
    const maildrop = this.#find(login);
    if ("registryFault" in maildrop) return maildrop;
    return uniqueIds.filter((uniqueId) => isUniqueIdUsed(maildrop, uniqueId));
  }

  async digests(
    login: string,
    uniqueIds: readonly string[],
  ): Promise<readonly MessageDigest[] | RegistryFault> {
    const maildrop = this.#find(login);
    if ("registryFault" in maildrop) return maildrop;
    return [...maildrop.messages.values()].flatMap(({ importedUniqueId, octets, receivedAt, wire }) => {
      if (importedUniqueId === undefined || !uniqueIds.includes(importedUniqueId)) return [];
      const sha256 = createHash("sha256").update(wire).digest("hex");
      return [{ uniqueId: importedUniqueId, octets, receivedAt, sha256 }];
    });
  }

  #find(name: string): StoredMaildrop | RegistryFault {
    const { down, logins, maildrops } = this.#state;
    if (down !== undefined) return { registryFault: "storage-down", cause: down };
    const login = logins.get(name.toLowerCase());
    const maildrop = login === undefined ? undefined : maildrops.get(login.maildropId);
    return maildrop ?? { registryFault: "not-found", name: name.toLowerCase() };
  }
}

import type { Credential, CredentialDirectory, Login, NewCredential } from "@poplar/maildrop";
import { type HashCost, hashOctets } from "./password-hash.ts";
import { decoded } from "./saslprep.ts";
import { makeStoredScram, SCRAM_KINDS, SCRAM_MECHANISMS, type ScramMechanism } from "./scram-verifier.ts";
import { SEALED_SCRAM } from "./sealed-purposes.ts";
import type { SecretBox } from "./secret-box.ts";

/** What an upgrade is made with. */
export interface UpgradeParts {
  readonly directory: Pick<CredentialDirectory, "replaceVerifier">;
  /** Seals verifiers of SCRAM; without it there are none. */
  readonly box?: SecretBox | undefined;
  /** What is offered: where SCRAM is not, no verifiers are made for it. */
  readonly mechanisms: readonly string[];
  readonly hashCost: HashCost;
}

/** The scheme that takes as long as the decoy. */
export const isArgon2 = (verifier: string): boolean => verifier.startsWith("$argon2");

/** What a password that is right just now lacks: a hash of ours, and verifiers for SCRAM. */
export interface Upgrade {
  readonly isHashOld: boolean;
  readonly scram: readonly ScramMechanism[];
}

/** @returns `undefined` when nothing is lacking. */
export function upgradeOf(
  { box, mechanisms }: UpgradeParts,
  login: Login,
  credential: Credential,
): Upgrade | undefined {
  const isHashOld = !isArgon2(credential.verifier);
  const { mechanisms: allowed } = login.restrictions ?? {};
  const scram = SCRAM_MECHANISMS.filter((mechanism) => {
    const names = [mechanism, `${mechanism}-PLUS`];
    const isWanted = names.some((name) => mechanisms.includes(name) && allowed?.includes(name) !== false);
    const kind = SCRAM_KINDS[mechanism];
    return isWanted && !login.credentials.some((each) => each.kind === kind && each.label === undefined);
  });
  // SCRAM knows one password: a second one has a label.
  const isMain = credential.label === undefined && box !== undefined;
  return isHashOld || (isMain && scram.length > 0) ? { isHashOld, scram: isMain ? scram : [] } : undefined;
}

/** Stores all that was lacking; nothing where somebody has changed the password meanwhile. */
export async function upgradePassword(
  { directory, box, hashCost }: UpgradeParts,
  { credentialId, verifier }: Credential,
  { isHashOld, scram }: Upgrade,
  octets: Uint8Array,
): Promise<void> {
  const text = decoded(octets);
  const better = isHashOld ? await hashOctets(octets, hashCost) : verifier;
  const others: NewCredential[] = [];
  // What is no UTF-8 is no text, and SCRAM knows only text. RFC 5802 §5.1.
  if (box !== undefined && text !== undefined) {
    for (const mechanism of scram) {
      const sealed = box.seal(SEALED_SCRAM, await makeStoredScram(mechanism, text));
      others.push({ kind: SCRAM_KINDS[mechanism], verifier: sealed });
    }
  }
  await directory.replaceVerifier(credentialId, verifier, better, others);
}

import type { Credential, CredentialDirectory, CredentialKind, Login } from "@poplar/maildrop";
import type { Log } from "@poplar/telemetry";
import { appPasswordVerifier } from "./app-password.ts";
import { SEALED_PASSWORD } from "./password-scheme.ts";
import { SEALED_CRAM_MD5, SEALED_SCRAM, SEALED_SECRET } from "./sealed-purposes.ts";
import { isSealed, type SecretBox } from "./secret-box.ts";
import { SEALED_TOTP } from "./totp.ts";

/** What sealing again takes. */
export interface ResealParts {
  readonly directory: Pick<CredentialDirectory, "replaceVerifier">;
  readonly box: SecretBox | undefined;
  readonly log: Pick<Log, "error"> | undefined;
}

/** The purposes under which verifiers are sealed, where they are. */
const PURPOSES: ReadonlyMap<CredentialKind, string> = new Map([
  ["password", SEALED_PASSWORD],
  ["shared-secret", SEALED_SECRET],
  ["cram-md5", SEALED_CRAM_MD5],
  ["scram-sha-1", SEALED_SCRAM],
  ["scram-sha-256", SEALED_SCRAM],
  ["totp", SEALED_TOTP],
]);

/**
 * The same secret under the newest key; `undefined` where it is so already, or nothing is sealed.
 *
 * @throws SecretBoxError when it cannot be opened.
 */
export function resealed(
  box: SecretBox,
  { kind, verifier }: Pick<Credential, "kind" | "verifier">,
): string | undefined {
  const purpose = PURPOSES.get(kind);
  if (purpose === undefined || !isSealed(verifier) || !box.isOutdated(verifier)) return undefined;
  return box.seal(purpose, box.open(purpose, verifier));
}

/** Seals again whatever of a login lies under an older key. Never rejects: the next login tries again. */
export async function resealAll({ directory, box, log }: ResealParts, login: Login): Promise<void> {
  if (box?.isRotated !== true) return;
  for (const credential of login.credentials) {
    const { credentialId, verifier } = credential;
    try {
      const better = resealed(box, credential);
      if (better !== undefined) await directory.replaceVerifier(credentialId, verifier, better);
    } catch (err) {
      log?.error({ event: "verifier-not-resealed", credentialId, err }, "a sealed secret cannot be opened");
    }
  }
}

/** An app password is kept as a keyed hash: it can be made anew only while it is shown. Never rejects. */
export async function renewAppPassword(
  { directory, box, log }: ResealParts,
  { credentialId, verifier }: Credential,
  password: Uint8Array,
): Promise<void> {
  if (box === undefined || !box.isOutdatedFingerprint(verifier)) return;
  try {
    await directory.replaceVerifier(credentialId, verifier, appPasswordVerifier(box, password));
  } catch (err) {
    log?.error({ event: "verifier-not-resealed", credentialId, err }, "an app password was not renewed");
  }
}

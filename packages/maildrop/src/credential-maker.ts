import type { Credential, NewCredential } from "./authentication.ts";

/** What is stored for one password. */
export interface PasswordCredentials {
  readonly passwordVerifier: string;
  /** For the mechanisms that cannot do with that. */
  readonly others: readonly NewCredential[];
}

/** What is wanted of a password beside PASS and PLAIN. */
export interface PasswordUses {
  /** Keep it, sealed, for APOP, CRAM-MD5 and DIGEST-MD5. */
  readonly isSharedSecret: boolean;
}

/**
 * Makes credentials as they are stored. Who holds a secret sees it once, when it is made. Implemented by
 * `auth`.
 */
export interface CredentialMaker {
  /** Does it have a key to seal with? Without, there are passwords and nothing else. */
  readonly canSeal: boolean;
  /** @throws RangeError for what is no password, or cannot be sealed: ask first. */
  ofPassword(password: string, uses: PasswordUses): Promise<PasswordCredentials>;
  /**
   * Takes over what another server has stored: crypt(3), argon2, `{SCHEME}`.
   *
   * @returns why not, in words that say nothing of the secret.
   */
  ofStored(stored: string, uses: PasswordUses): PasswordCredentials | string;
  /** @throws RangeError where nothing can be sealed. */
  newAppPassword(): { readonly password: string; readonly verifier: string };
  /** @throws RangeError where nothing can be sealed. */
  enrolTotp(
    login: string,
    uses: { readonly mayFollowPassword: boolean },
  ): { readonly secret: string; readonly uri: string; readonly credential: NewCredential };
  /**
   * The same secret under the newest key; `awaits-owner`: a hash, which only the secret itself can renew.
   */
  reseal(
    credential: Pick<Credential, "kind" | "verifier">,
  ): { readonly verifier: string } | "current" | "unreadable" | "awaits-owner";
  /**
   * The time step of the code that the owner's app shows of this enrolment; `undefined` for another code, and
   * for what was not sealed here. RFC 6238 §4.2.
   */
  totpStep(credential: Pick<Credential, "verifier">, code: string): number | undefined;
}

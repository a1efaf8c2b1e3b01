import type {
  Credential,
  CredentialMaker,
  NewCredential,
  PasswordCredentials,
  PasswordUses,
} from "@poplar/maildrop";
import { appPasswordVerifier, newAppPassword } from "./app-password.ts";
import { type HashCost, hashPassword } from "./password-hash.ts";
import { readStoredPassword, SEALED_PASSWORD, UnreadableVerifier } from "./password-scheme.ts";
import { resealed } from "./reseal.ts";
import { makeStoredScram, SCRAM_KINDS, SCRAM_MECHANISMS } from "./scram-verifier.ts";
import { SEALED_CRAM_MD5, SEALED_SCRAM, SEALED_SECRET } from "./sealed-purposes.ts";
import { type SecretBox, SecretBoxError } from "./secret-box.ts";
import { enrolTotp, SEALED_TOTP, TOTP_SUFFIX, type TotpEnrolment, totpStep } from "./totp.ts";

/** What a maker is made from. */
export interface CredentialMakerOptions {
  readonly box?: SecretBox | undefined;
  readonly hashCost?: HashCost;
  /** What authenticator apps call us. */
  readonly issuer?: string;
}

/** Makes the maker. */
export const createCredentialMaker = (options: CredentialMakerOptions): CredentialMaker => new Maker(options);

class Maker implements CredentialMaker {
  readonly #options: CredentialMakerOptions;

  constructor(options: CredentialMakerOptions) {
    this.#options = options;
  }

  get canSeal(): boolean {
    return this.#options.box !== undefined;
  }

  async ofPassword(password: string, { isSharedSecret }: PasswordUses): Promise<PasswordCredentials> {
    const passwordVerifier = await hashPassword(password, this.#options.hashCost);
    const { box } = this.#options;
    if (box === undefined && !isSharedSecret) return { passwordVerifier, others: [] };
    const scram = await Promise.all(
      SCRAM_MECHANISMS.map(async (mechanism): Promise<NewCredential> => {
        const stored = await makeStoredScram(mechanism, password);
        return { kind: SCRAM_KINDS[mechanism], verifier: this.#box.seal(SEALED_SCRAM, stored) };
      }),
    );
    return { passwordVerifier, others: isSharedSecret ? [...scram, this.#sharedSecret(password)] : scram };
  }

  ofStored(stored: string, { isSharedSecret }: PasswordUses): PasswordCredentials | string {
    try {
      return this.#ofReadable(stored, isSharedSecret);
    } catch (err) {
      if (err instanceof UnreadableVerifier) return err.message;
      if (err instanceof RangeError) return err.message;
      throw err;
    }
  }

  newAppPassword(): { readonly password: string; readonly verifier: string } {
    const password = newAppPassword();
    return { password, verifier: appPasswordVerifier(this.#box, Buffer.from(password)) };
  }

  enrolTotp(
    login: string,
    { mayFollowPassword }: { readonly mayFollowPassword: boolean },
  ): TotpEnrolment & { readonly credential: NewCredential } {
    const enrolment = enrolTotp(login, this.#options.issuer ?? "Poplar");
    const verifier = this.#box.seal(SEALED_TOTP, enrolment.secret);
    const scopes = mayFollowPassword ? [TOTP_SUFFIX] : [];
    return { ...enrolment, credential: { kind: "totp", verifier, scopes } };
  }

  reseal(
    credential: Pick<Credential, "kind" | "verifier">,
  ): { readonly verifier: string } | "current" | "unreadable" | "awaits-owner" {
    if (credential.kind === "app-password") {
      return this.#box.isOutdatedFingerprint(credential.verifier) ? "awaits-owner" : "current";
    }
    try {
      const verifier = resealed(this.#box, credential);
      return verifier === undefined ? "current" : { verifier };
    } catch (err) {
      if (err instanceof SecretBoxError) return "unreadable";
      throw err;
    }
  }

  totpStep({ verifier }: Pick<Credential, "verifier">, code: string): number | undefined {
    try {
      return totpStep(this.#box.open(SEALED_TOTP, verifier), code, Date.now());
    } catch (err) {
      if (err instanceof SecretBoxError) return undefined;
      throw err;
    }
  }

  get #box(): SecretBox {
    const { box } = this.#options;
    if (box === undefined) throw new RangeError("there is no key to seal secrets with");
    return box;
  }

  #sharedSecret(password: string): NewCredential {
    return { kind: "shared-secret", verifier: this.#box.seal(SEALED_SECRET, password) };
  }

  /** @throws UnreadableVerifier, RangeError */
  #ofReadable(stored: string, isSharedSecret: boolean): PasswordCredentials {
    const { scheme, isRevealing } = readStoredPassword(stored);
    const rest = stored.slice(stored.indexOf("}") + 1);
    if (isSharedSecret && scheme !== "PLAIN") {
      throw new UnreadableVerifier("only a {PLAIN} password can become a shared secret");
    }
    switch (scheme) {
      case "SCRAM-SHA-1":
      case "SCRAM-SHA-256": {
        const verifier = this.#box.seal(SEALED_SCRAM, stored);
        return { passwordVerifier: stored, others: [{ kind: SCRAM_KINDS[scheme], verifier }] };
      }
      case "CRAM-MD5": {
        const verifier = this.#box.seal(SEALED_CRAM_MD5, rest.toLowerCase());
        return {
          passwordVerifier: this.#box.seal(SEALED_PASSWORD, stored),
          others: [{ kind: "cram-md5", verifier }],
        };
      }
      default:
        return {
          passwordVerifier: isRevealing ? this.#box.seal(SEALED_PASSWORD, stored) : stored,
          others: isSharedSecret ? [this.#sharedSecret(rest)] : [],
        };
    }
  }
}

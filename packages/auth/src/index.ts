export type { AuthenticatorOptions, ExtraExchange, ExtraMechanism, Vouched } from "./authenticator.ts";
export { createAuthenticator, DEFAULT_MECHANISMS } from "./authenticator.ts";
export type {
  CredentialMaker,
  CredentialMakerOptions,
  PasswordCredentials,
  PasswordUses,
} from "./credential-maker.ts";
export { createCredentialMaker } from "./credential-maker.ts";
export { CryptUnavailable, loadCrypt } from "./crypt.ts";
export { DOOR_LIMITS, type DoorLimits } from "./door.ts";
export type { IntrospectionOptions } from "./introspection.ts";
export { canonicalName } from "./login-name.ts";
export type { MechanismRule } from "./mechanism-policy.ts";
export { createMemoryAttemptCounter } from "./memory-attempt-counter.ts";
export type { JwksTimes, OAuthIssuer } from "./oauth.ts";
export {
  DEFAULT_HASH_COST,
  type HashCost,
  hashPassword,
  PASSWORD_OCTETS_MAX,
  type PasswordProblem,
  passwordProblem,
} from "./password-hash.ts";
export type { PolicyServiceOptions } from "./policy-service.ts";
export type { RefusalReason, TokenRefusal } from "./refusal-reason.ts";
export type { DefaultDomain, NameRules } from "./resolve-login.ts";
export { SecretBox, SecretBoxError, type SecretKey } from "./secret-box.ts";
export { newSecretKeyLine, openSecretKeys, parseSecretKeys, SecretKeysError } from "./secret-keys.ts";
export type { TotpEnrolment } from "./totp.ts";

export { canonicalName } from "./login-name.ts";
export { createPasswordAuthenticator, type PasswordAuthenticatorOptions } from "./password-authenticator.ts";
export {
  DEFAULT_HASH_COST,
  type HashCost,
  hashPassword,
  PASSWORD_OCTETS_MAX,
  type PasswordProblem,
  passwordProblem,
} from "./password-hash.ts";

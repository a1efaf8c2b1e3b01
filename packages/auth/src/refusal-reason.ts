/**
 * Why a login was refused: for the log, the audit and the support, never for the client, who hears
 * `bad-credentials`. The words are public: `docs/operating/reasons.md` explains each.
 */
export type RefusalReason =
  | "unknown-name"
  | "wrong-password"
  | "password-too-long"
  | "wrong-proof"
  | "malformed-response"
  | "wrong-channel-binding"
  | "unsupported"
  | "login-disabled"
  | "no-such-credential"
  | "credential-expired"
  | "scope-missing"
  | "network-not-allowed"
  | "mechanism-not-allowed"
  | "tls-required"
  | "second-factor-needed"
  | "second-factor-wrong"
  | "second-factor-guessed"
  | "authzid-not-allowed"
  | "policy-refused"
  | "unknown-certificate"
  | "unmapped-principal"
  | TokenRefusal;

/** Why a bearer token opens nothing. */
export type TokenRefusal =
  | "token-malformed"
  | "token-wrong-signature"
  | "token-wrong-issuer"
  | "token-wrong-audience"
  | "token-expired"
  | "token-inactive"
  | "token-without-scope"
  | "token-without-login";

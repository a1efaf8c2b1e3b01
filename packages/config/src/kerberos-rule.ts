/** Which logins the principals of a realm open, beside those that were given to logins one by one. */
export interface KerberosRule {
  /** Compared as it is: realms know upper and lower case. */
  readonly realm: string;
  /** `alice@REALM` opens `alice@domain`; `undefined`: the login `alice`. */
  readonly domain: string | undefined;
  /** For realms that do not tell `Alice` from `alice`, as Active Directory. */
  readonly ignoresCase: boolean;
}

const FORM = /^(?<realm>[^\s=/,@]+)(?:=(?<domain>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*))?(?<flag>\/i)?$/i;

/**
 * Takes one rule apart: `REALM=domain` or `REALM`, either with `/i`.
 *
 * @returns `undefined` when it is none.
 */
export function parseKerberosRule(text: string): KerberosRule | undefined {
  const { realm, domain, flag } = FORM.exec(text)?.groups ?? {};
  if (realm === undefined) return undefined;
  return { realm, domain: domain?.toLowerCase(), ignoresCase: flag !== undefined };
}

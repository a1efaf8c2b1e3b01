import { type Fault, isFault } from "@poplar/protocol";
import { formatPrincipal, type Principal, parsePrincipal } from "./principal.ts";
import { type KerberosRefusal, refusal } from "./refusal.ts";

/** Logins of principals, one by one, as the operator has written them down. Asked before any rule. */
export interface PrincipalDirectory {
  /** @param principal the full one, with realm, as krb5_unparse_name writes it. */
  findLogin(principal: string): Promise<string | undefined | Fault>;
}

/** Lets the people of a realm in by their own names: `alice@REALM`, never `alice/admin@REALM`. */
export interface RealmRule {
  /** Compared as it is: realms know upper and lower case. */
  readonly realm: string;
  /** `alice@REALM` becomes `alice@domain`; without a domain, `alice`. */
  readonly domain: string | undefined;
  /**
   * For realms that do not tell `Alice` from `alice`, as Active Directory. Else a capital letter is never
   * mapped.
   */
  readonly ignoresCase: boolean;
}

/** Which login a principal opens. Without rules and entries: none. */
export interface PrincipalMapping {
  readonly directory: PrincipalDirectory;
  readonly rules: readonly RealmRule[];
}

/** An allow-list. Anything else, such as the `@` of an enterprise name, could read as another login. */
const PRIMARY = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/** By the rules alone. Pure. */
export function loginByRule(
  { components, realm }: Principal,
  rules: readonly RealmRule[],
): string | undefined {
  const rule = rules.find((candidate) => candidate.realm === realm);
  const [primary, ...instances] = components;
  if (rule === undefined || primary === undefined || instances.length > 0) return undefined;
  const name = rule.ignoresCase ? primary.toLowerCase() : primary;
  if (!PRIMARY.test(name)) return undefined;
  return rule.domain === undefined ? name : `${name}@${rule.domain}`;
}

/**
 * The login that a principal opens.
 *
 * @param asked the name that the client gave beside its ticket: an authzid, or the argument of USER. It
 *   chooses nothing: it may be missing, or name the principal or its login, with or without the domain.
 */
export async function findLogin(
  mapping: PrincipalMapping,
  principal: string,
  asked: string | undefined,
): Promise<string | KerberosRefusal | Fault> {
  const parsed = parsePrincipal(principal);
  if (parsed === undefined) return refusal("unmapped-principal", principal);
  const written = await mapping.directory.findLogin(formatPrincipal(parsed));
  if (isFault(written)) return written;
  const login = written ?? loginByRule(parsed, mapping.rules);
  if (login === undefined) return refusal("unmapped-principal", principal);
  if (asked === undefined || isNameOf(asked, login, principal)) return login;
  return refusal("wrong-authzid", `${principal} opens ${login}, not ${asked}`);
}

/** Is this a name of whoever opens the login? Case of letters aside, as everywhere in names of logins. */
export function isNameOf(asked: string, login: string, principal: string): boolean {
  const name = asked.toLowerCase();
  const at = login.lastIndexOf("@");
  const localPart = at < 0 ? login : login.slice(0, at);
  return asked === principal || name === login.toLowerCase() || name === localPart.toLowerCase();
}

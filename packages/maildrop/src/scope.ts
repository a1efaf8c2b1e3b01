/** What somebody may see and change: all of it, the domains of a tenant, one domain, or his own login. */
export type Scope =
  | { readonly role: "platform" }
  | { readonly role: "tenant"; readonly tenant: string }
  | { readonly role: "domain"; readonly domain: string }
  | { readonly role: "self"; readonly login: string };

/** The name of a scope. */
export type Role = Scope["role"];

/** The domain of a login, an address or a domain: a host (SDPS) is a domain of its own. */
export const domainOf = (name: string): string => name.slice(name.lastIndexOf("@") + 1).toLowerCase();

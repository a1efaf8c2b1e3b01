import type { z } from "zod";
import { popApps, serverApps } from "./app.ts";
import type { LoginSettings } from "./config.ts";
import { optionalSetting, setting } from "./define-setting.ts";
import * as login from "./login-values.ts";
import * as value from "./value-schemas.ts";

/** Who may log in, by which names and in which ways. */
export const loginShape: { readonly [Name in keyof LoginSettings]: z.ZodType<LoginSettings[Name]> } = {
  mechanisms: optionalSetting(value.listOf(login.mechanismNames), {
    group: "Logins",
    description:
      "Ways to log in that are offered where they are possible. APOP, CRAM-MD5 and DIGEST-MD5 need a secret " +
      "that the server can read, and clients prefer them",
    placeholder: "NAME,…",
    apps: popApps,
    fallbackText: () => "all but APOP, CRAM-MD5 and DIGEST-MD5",
  }),
  mechanismRules: setting(login.mechanismRules(), {
    group: "Logins",
    description: "Where each condition that is given holds, only these ways",
    placeholder: "LIST",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
    isFileOnly: true,
  }),
  defaultDomain: optionalSetting(value.dnsName(), {
    group: "Logins",
    description: "Domain of names without one",
    placeholder: "DOMAIN",
    apps: popApps,
    fallbackText: () => "none",
  }),
  defaultDomains: setting(login.defaultDomains(), {
    group: "Logins",
    description:
      "The same for clients that came in a certain way: by listener, the name they asked for in TLS (sni), or " +
      "the address they connected to; the first that fits",
    placeholder: "LIST",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
    isFileOnly: true,
  }),
  nameSeparators: setting(login.separators(), {
    group: "Logins",
    description: "Characters that may stand for the @ in a name, for clients that cannot send one",
    placeholder: "CHARACTERS",
    apps: popApps,
    fallback: () => "",
    fallbackText: () => "none",
  }),
  hostAliases: setting(login.hostNames(), {
    group: "Logins",
    description: "Other names that clients know this host by; DIGEST-MD5 compares them",
    placeholder: "NAME,…",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
  }),
  sdps: setting(value.yesOrNo(), {
    group: "Logins",
    description: "Answer *ENV, by which clients of a whole host learn the envelope of each message",
    placeholder: "",
    apps: popApps,
    fallback: () => false,
    fallbackText: () => "off",
  }),
  secretKeys: optionalSetting(value.path("file"), {
    group: "Logins",
    description: "Keys that secrets are sealed with, the same on every node",
    placeholder: "FILE",
    apps: serverApps,
    fallbackText: () => "secret-keys in the data dir",
  }),
  clientAuthorities: setting(login.files(), {
    group: "Logins",
    description:
      "Authorities whose client certificates open maildrops by EXTERNAL, PEM, and beside them their revocation " +
      "lists where they have some",
    placeholder: "FILE,…",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none: clients are not asked for certificates",
  }),
  certificateEmailLogins: setting(value.yesOrNo(), {
    group: "Logins",
    description: "Let an address in a client certificate open the login of that name",
    placeholder: "",
    apps: popApps,
    fallback: () => false,
    fallbackText: () => "off: only certificates that were given to a login",
  }),
  oauthIssuers: setting(login.oauthIssuers(), {
    group: "Logins",
    description:
      "Whose bearer tokens open maildrops: how they are checked (by keys at jwks, or by asking), the claim that " +
      "names the login, and a scope that they must have",
    placeholder: "LIST",
    apps: popApps,
    fallback: () => [],
    fallbackText: () => "none",
    isFileOnly: true,
  }),
  policyServiceUrl: optionalSetting(value.url(["http", "https"], "http://wforce:KEY@127.0.0.1:8084/"), {
    group: "Logins",
    description: "A service such as weakforced that is asked before each login and told what came of it",
    placeholder: "URL",
    apps: popApps,
    fallbackText: () => "none",
    isSecret: true,
  }),
  policyServiceDown: setting(value.oneOf(["admit", "refuse"]), {
    group: "Logins",
    description:
      "While that service does not answer: admit whom the door admits, or refuse everybody with [SYS/TEMP]",
    placeholder: "WHAT",
    apps: popApps,
    fallback: () => "admit",
  }),
};

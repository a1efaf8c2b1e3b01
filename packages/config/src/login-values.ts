import { z } from "zod";
import type { DefaultDomainRule, MechanismRule, OAuthIssuerSettings } from "./config.ts";
import {
  dnsName,
  fromList,
  listOf,
  networks,
  path,
  url,
  type ValueSchema,
  yesOrNo,
} from "./value-schemas.ts";

/** Every way to log in that can be switched on by name; those of Kerberos come with its keytab. */
export const mechanismNames = [
  "USER",
  "APOP",
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "DIGEST-MD5",
  "SCRAM-SHA-1",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256-PLUS",
  "OAUTHBEARER",
  "XOAUTH2",
  "EXTERNAL",
] as const;

/** Where which ways are allowed. */
export function mechanismRules(): ValueSchema<MechanismRule[]> {
  const names = z.array(z.string().min(1)).min(1).exactOptional();
  return {
    schema: z.array(
      z.strictObject({
        tenants: names,
        logins: names,
        listeners: names,
        networks: networks().schema.exactOptional(),
        tls: yesOrNo().schema.exactOptional(),
        // Those with settings of their own too: a rule that is silent about them forbids them.
        mechanisms: listOf([...mechanismNames, "GSSAPI", "KPOP", "RPOP"]).schema,
      }),
    ),
    expected:
      "a list of { tenants: […], logins: […], listeners: […], networks: […], tls: true or false, mechanisms: […] }",
  };
}

/** Domains for names without one. */
export function defaultDomains(): ValueSchema<DefaultDomainRule[]> {
  const text = z.string().min(1).exactOptional();
  return {
    schema: z.array(z.strictObject({ domain: dnsName().schema, listener: text, sni: text, address: text })),
    expected: "a list of { domain: NAME, listener: NAME, sni: NAME, address: ADDRESS }",
  };
}

/** Characters that stand for an `@`. */
export function separators(): ValueSchema<string> {
  return { schema: z.string().regex(/^[!#$%&*+/=^|~]*$/), expected: "some of !#$%&*+/=^|~" };
}

/** Host names: a list, or text with commas. */
export function hostNames(): ValueSchema<string[]> {
  return { schema: z.preprocess(fromList, z.array(dnsName().schema)), expected: "host names" };
}

/** Paths of files: a list, or text with commas. */
export function files(): ValueSchema<string[]> {
  return { schema: z.preprocess(fromList, z.array(path("file").schema)), expected: "paths of files" };
}

/** Those whose tokens are taken. */
export function oauthIssuers(): ValueSchema<OAuthIssuerSettings[]> {
  const text = z.string().min(1);
  const endpoint = url(["https", "http"], "https://id.example.test/").schema;
  const introspection = z.strictObject({ url: endpoint, client: text, secret: path("file").schema });
  return {
    schema: z.array(
      z
        .strictObject({
          issuer: text,
          audience: z.array(text).min(1),
          jwks: endpoint.exactOptional(),
          introspection: introspection.exactOptional(),
          claim: text.exactOptional(),
          scope: text.exactOptional(),
        })
        .refine(({ jwks, introspection: asked }) => jwks !== undefined || asked !== undefined),
    ),
    expected:
      "a list of { issuer: URL, audience: […], jwks: URL or introspection: { url: URL, client: NAME, secret: FILE }, " +
      "claim: NAME, scope: NAME }",
  };
}

import { readFile } from "node:fs/promises";
import { createAuthenticator, type ExtraMechanism, type OAuthIssuer, type SecretBox } from "@poplar/auth";
import type { Config, DefaultDomainRule, MechanismRule, OAuthIssuerSettings } from "@poplar/config";
import { createRedisAttemptCounter } from "@poplar/lease";
import type { Authenticator, OwnerDoor } from "@poplar/maildrop";
import type { Storage } from "@poplar/storage";
import { policyService } from "./policy-service.ts";
import { redisSettings } from "./redis.ts";
import type { ServiceParts } from "./service.ts";
import { StartupError } from "./startup-error.ts";

/** What the door stands on. */
export interface AuthenticatorParts {
  readonly storage: Pick<Storage, "logins" | "audit">;
  readonly box: SecretBox | undefined;
  readonly extraMechanisms: readonly ExtraMechanism[];
}

/** Opens the door as the operator wants it; where there is Redis, attempts are counted over the fleet. */
export async function openAuthenticator(
  { config, telemetry, opened }: ServiceParts,
  { storage, box, extraMechanisms }: AuthenticatorParts,
): Promise<Authenticator & OwnerDoor> {
  const { log, events } = telemetry;
  const redis = await redisSettings(config);
  const counter = redis && createRedisAttemptCounter({ ...redis, log });
  if (counter !== undefined) opened.defer(() => counter.close());
  const issuers = await Promise.all(config.oauthIssuers.map(issuerOf));
  const policy = policyService(config, box, events);
  return createAuthenticator({
    directory: storage.logins,
    audit: storage.audit,
    auditAcceptedLogins: config.auditAcceptedLogins,
    events,
    log,
    hostname: config.hostname,
    hostAliases: config.hostAliases,
    names: { separators: config.nameSeparators, defaultDomains: defaultDomainsOf(config) },
    rules: config.mechanismRules.map(ruleOf),
    areCertificateEmailsLogins: config.certificateEmailLogins,
    rpopNetworks: config.rpopNetworks,
    extraMechanisms,
    ...(box && { box }),
    ...(config.mechanisms && { mechanisms: config.mechanisms }),
    ...(issuers.length > 0 && { oauth: { issuers } }),
    ...(counter && { counter }),
    ...(policy && { policyService: policy }),
  });
}

/** The plain default is for those that came in no special way. */
const defaultDomainsOf = ({ defaultDomains, defaultDomain }: Config) => [
  ...defaultDomains.map(({ domain, listener, sni, address }: DefaultDomainRule) => ({
    domain,
    ...(listener !== undefined && { listener }),
    ...(sni !== undefined && { serverName: sni }),
    ...(address !== undefined && { localAddress: address }),
  })),
  ...(defaultDomain === undefined ? [] : [{ domain: defaultDomain }]),
];

const ruleOf = ({ tls, ...rule }: MechanismRule) => ({ ...rule, ...(tls !== undefined && { isTls: tls }) });

async function issuerOf(settings: OAuthIssuerSettings): Promise<OAuthIssuer> {
  const { issuer, audience, jwks, introspection, claim, scope } = settings;
  return {
    issuer,
    audience,
    ...(jwks !== undefined && { jwksUrl: jwks }),
    ...(introspection && {
      introspection: {
        url: introspection.url,
        clientId: introspection.client,
        clientSecret: await readSecret(introspection.secret),
      },
    }),
    ...(claim !== undefined && { loginClaim: claim }),
    ...(scope !== undefined && { scope }),
  };
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trimEnd();
  } catch (err) {
    throw new StartupError(
      `The secret for introspection cannot be read from ${file}: correct the path or the file's permissions.`,
      err,
    );
  }
}

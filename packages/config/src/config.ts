import type { AppName } from "./app.ts";

/** A certificate that is chosen by the name that the client asks for (SNI): two PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** How much the log says. */
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** How the log says it; `auto` is `pretty` on a terminal and `json` elsewhere. */
export type LogFormat = "auto" | "json" | "pretty";

/**
 * What becomes of logins while Redis does not answer; `fence-only`: they go on, and Postgres alone decides
 * who deletes.
 */
export type LeaseFailure = "refuse" | "fence-only";

/** What protects the rest of a connection after a login by GSSAPI. RFC 4752 §3.3. */
export type KerberosLayer = "none" | "integrity" | "confidentiality";

/** "Where this holds, only these ways to log in"; a condition that is absent always holds. */
export interface MechanismRule {
  readonly tenants?: readonly string[];
  readonly logins?: readonly string[];
  readonly listeners?: readonly string[];
  /** CIDR. */
  readonly networks?: readonly string[];
  readonly tls?: boolean;
  readonly mechanisms: readonly string[];
}

/** A domain for names without one, for clients that came in a certain way. */
export interface DefaultDomainRule {
  readonly domain: string;
  readonly listener?: string;
  /** The name that the client asked for in TLS. */
  readonly sni?: string;
  /** The address that it connected to. */
  readonly address?: string;
}

/** Somebody whose bearer tokens open maildrops. */
export interface OAuthIssuerSettings {
  /** As `iss` has it. */
  readonly issuer: string;
  /** One of these must be meant. */
  readonly audience: readonly string[];
  /** URL of its keys; one of `jwks` and `introspection` is there. */
  readonly jwks?: string;
  /** RFC 7662; `secret` is the path of a file. */
  readonly introspection?: { readonly url: string; readonly client: string; readonly secret: string };
  /** Which claim names the login; absent: none does. */
  readonly claim?: string;
  readonly scope?: string;
}

/** Who may log in, by which names and in which ways. */
export interface LoginSettings {
  /** Names as in CAPA, `USER` and `APOP` beside them; `undefined`: those that do no harm. */
  readonly mechanisms: readonly string[] | undefined;
  readonly mechanismRules: readonly MechanismRule[];
  /** Completes names without a domain, when none of `defaultDomains` fits. */
  readonly defaultDomain: string | undefined;
  readonly defaultDomains: readonly DefaultDomainRule[];
  /** Characters that may stand for `@`. */
  readonly nameSeparators: string;
  /** Other names of this host. */
  readonly hostAliases: readonly string[];
  /** Whether *ENV is answered. */
  readonly sdps: boolean;
  /** Path of the keys that secrets are sealed with; `undefined`: `secret-keys` in the data dir. */
  readonly secretKeys: string | undefined;
  /** PEM files; none: clients are not asked for certificates. */
  readonly clientAuthorities: readonly string[];
  /** Whether an address in a client certificate opens the login of that name. */
  readonly certificateEmailLogins: boolean;
  readonly oauthIssuers: readonly OAuthIssuerSettings[];
  /** With credentials for basic authentication, where it wants them. */
  readonly policyServiceUrl: string | undefined;
  /** What becomes of logins while it does not answer. */
  readonly policyServiceDown: "admit" | "refuse";
}

/** What clients are told when they ask how to be set up. `undefined`: what follows from their domain. */
export interface ClientSetupSettings {
  readonly providerName: string | undefined;
  readonly publicPopHost: string | undefined;
  /** 0: not offered. */
  readonly publicPop3Port: number | undefined;
  readonly publicPop3sPort: number | undefined;
  /** `undefined`: nothing is said of mail going out. */
  readonly submissionHost: string | undefined;
  readonly submissionPort: number;
}

/** Whether sessions and deliveries leave traces. */
export interface TracingSettings {
  /** URL of an OTLP collector; `undefined`: no traces. */
  readonly tracingEndpoint: string | undefined;
  /** One in so many is traced. */
  readonly tracingOneIn: number;
}

/** A maildrop that others may read. */
export interface BulletinSettings {
  readonly name: string;
  /** Whose maildrop it is. */
  readonly login: string;
  /** Whose maildrop has what is older. */
  readonly archive?: string;
  /** Logins of the tenant or of the domain of `login`, or all; those of the tenant when absent. */
  readonly readers?: "tenant" | "domain" | "everybody";
}

/** What is older than RFC 1939. */
export interface EarlierSettings {
  /** Ports; 0 switches the listener off. */
  readonly pop2Port: number;
  readonly pop1Port: number;
  /** CIDR networks whose clients may speak the earlier versions. */
  readonly earlierVersionNetworks: readonly string[];
  /** LAST is a command. */
  readonly lastCommand: boolean;
  /** CIDR networks whose hosts are believed who their users are; none: RPOP is no command. */
  readonly rpopNetworks: readonly string[];
  /** None: XTND is no command. */
  readonly bulletins: readonly BulletinSettings[];
}

/** What is remembered of what happened. */
export interface AuditSettings {
  /** Which accepted logins are kept; refused ones are kept all. */
  readonly auditAcceptedLogins: "daily" | "all";
  /** 0: for ever. */
  readonly auditDays: number;
}

/** How mail is shown to clients. */
export interface MailSettings {
  /** What clients that have not said UTF8 get for internationalised mail. */
  readonly utf8Mail: "surrogate" | "refuse";
}

/** What an operator can set. Paths are as given: relative ones start at the working directory. */
export interface Settings
  extends LoginSettings,
    ClientSetupSettings,
    TracingSettings,
    EarlierSettings,
    MailSettings,
    AuditSettings {
  /** Address that every listener binds to. */
  readonly host: string;
  /** Ports; 0 switches the listener off. */
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly kpopPort: number;
  readonly lmtpPort: number;
  readonly httpPort: number;
  /** Path of a Unix socket for LMTP beside the port. */
  readonly lmtpSocket: string | undefined;
  /** When TLS begins on the port of KPOP: after STLS, or with the connection. */
  readonly kpopTls: "starttls" | "implicit";
  /**
   * CIDR networks whose connections begin with a header of the PROXY protocol, and say in it whom they are
   * for.
   */
  readonly proxyNetworks: readonly string[];
  /** Name of this host in greetings and trace headers. */
  readonly hostname: string;
  readonly dataDir: string;
  /** `undefined`: the embedded database. */
  readonly postgresUrl: string | undefined;
  /** Connections of one process. */
  readonly postgresPoolMax: number;
  /** `undefined`: leases in memory. */
  readonly redisUrl: string | undefined;
  /**
   * PEM file of the authorities that the certificates of Redis are checked against; `undefined`: those of
   * Node.
   */
  readonly redisTlsCa: string | undefined;
  /** Whether a maildrop may be opened while Redis does not answer. */
  readonly leaseFailure: LeaseFailure;
  /** What the processes of a fleet have in common and nobody else knows; `undefined`: nothing. */
  readonly fleetSecret: string | undefined;
  /** PEM files; both or neither. `undefined`: self-signed, kept in the data dir. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** More certificates, chosen by SNI. */
  readonly certificates: readonly CertificateFiles[];
  /** Whether anybody may send a password over a link without TLS. */
  readonly allowPlaintextLogin: boolean;
  /** CIDR networks whose clients may, whatever `allowPlaintextLogin` says. */
  readonly plaintextLoginNetworks: readonly string[];
  /** Keytab with the keys of `pop/HOST`. `undefined`: neither GSSAPI nor KPOP. */
  readonly kerberosKeytab: string | undefined;
  /** `REALM=domain`, as `parseKerberosRule` takes them apart. */
  readonly kerberosRules: readonly string[];
  /** What is offered after GSSAPI; at least one. */
  readonly kerberosLayers: readonly KerberosLayer[];
  /** Whether clients are refused that do not want the server to prove itself. */
  readonly kerberosRequireMutual: boolean;
  /** Whether clients of GSSAPI are refused that do not bind their login to the TLS connection. */
  readonly kerberosRequireChannelBinding: boolean;
  /** Processes; `auto` is counted out. */
  readonly workers: number;
  /** Whether a fresh start makes no demo login. */
  readonly noDemo: boolean;
  /** RFC 1939 §3: at least 600. */
  readonly autologoutSeconds: number;
  /** The shorter autologout before login. */
  readonly loginTimeoutSeconds: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly unfinishedHandshakesMax: number;
  readonly tlsHandshakeMs: number;
  /** How long readiness fails after SIGTERM before nobody is accepted any more. */
  readonly drainGraceMs: number;
  /** How long sessions may go on after that. */
  readonly drainSeconds: number;
  /** Largest message that LMTP takes, in octets. */
  readonly messageOctetsMax: number;
  /** How long an opening session waits for another one to leave. */
  readonly leaseWaitMs: number;
  /** How long a session must have been silent to make way for its client on another line. */
  /** 0: this process removes no mail that has been kept long enough. */
  readonly retentionSweepMinutes: number;
  readonly yieldIdleSeconds: number;
  /** How long a crashed process keeps its leases. */
  readonly heartbeatTtlMs: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Where the command line finds the API; `undefined`: as the data dir says. */
  readonly apiUrl: string | undefined;
  /** What the API wants to be shown; `undefined`: what stands in the file `api-token` of the data dir. */
  readonly apiToken: string | undefined;
}

/** The name of a setting: `pop3Port` is `--pop3-port`, `POPLAR_POP3_PORT`, and `pop3-port` in the file. */
export type SettingName = keyof Settings;

/** A checked, frozen configuration of one app. */
export interface Config extends Settings {
  readonly app: AppName;
  /** What gave each value: `--pop3-port`, `POPLAR_POP3_PORT`, `poplar.yaml:3 pop3-port`, or `default`. */
  readonly sources: Readonly<Record<SettingName, string>>;
}

import type {
  CredentialSummary,
  Domain,
  LoginSummary,
  MaildropSummary,
  MessageSummary,
  AuditEntry as StoredAuditEntry,
  View,
} from "@poplar/maildrop";

// What the use cases answer: plain values, which JSON carries unchanged. Times are ISO 8601 in UTC.

/** A domain. */
export interface DomainEntry {
  readonly name: string;
  readonly tenant: string;
  readonly logins: number;
  readonly createdAt: string;
}

/** A login. */
export interface LoginEntry {
  readonly name: string;
  readonly maildropId: number;
  readonly view: View;
  readonly isDisabled: boolean;
  readonly createdAt: string;
}

/** A maildrop. */
export interface MaildropEntry {
  readonly maildropId: number;
  readonly name: string;
  readonly messages: number;
  readonly octets: number;
  /** `null`: no limit. */
  readonly quotaOctets: number | null;
  readonly createdAt: string;
}

/** A message. */
export interface MessageEntry {
  readonly uid: number;
  readonly uniqueId: string;
  readonly octets: number;
  readonly receivedAt: string;
  readonly reversePath: string;
  readonly recipient: string;
}

/** A credential. Its secret is nowhere to be read. */
export interface CredentialEntry {
  /** e.g. `app-password`. */
  readonly kind: string;
  readonly label: string | null;
  /** The name by which somebody else vouches; `null` for a secret. */
  readonly subject: string | null;
  readonly scopes: readonly string[];
  readonly networks: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

/** Something that happened. */
export interface AuditEntry {
  readonly auditId: number;
  readonly at: string;
  readonly action: string;
  readonly outcome: string;
  readonly subject: string;
  /** Who did it: the label of a token, or a login. */
  readonly actor: string | null;
  readonly mechanism: string | null;
  readonly address: string | null;
  readonly listener: string | null;
  readonly sessionId: string | null;
}

export const credentialEntry = (credential: CredentialSummary): CredentialEntry => ({
  kind: credential.kind,
  label: credential.label ?? null,
  subject: credential.subject ?? null,
  scopes: credential.scopes,
  networks: credential.networks,
  createdAt: credential.createdAt.toISOString(),
  expiresAt: credential.expiresAt?.toISOString() ?? null,
  lastUsedAt: credential.lastUsedAt?.toISOString() ?? null,
});

export const auditEntry = (entry: StoredAuditEntry): AuditEntry => ({
  auditId: entry.auditId,
  at: entry.at.toISOString(),
  action: entry.action,
  outcome: entry.outcome,
  subject: entry.subject,
  actor: entry.actor ?? null,
  mechanism: entry.mechanism ?? null,
  address: entry.address ?? null,
  listener: entry.listener ?? null,
  sessionId: entry.sessionId ?? null,
});

export const domainEntry = ({ name, tenant, logins, createdAt }: Domain): DomainEntry => ({
  name,
  tenant,
  logins,
  createdAt: createdAt.toISOString(),
});

export const loginEntry = (login: LoginSummary): LoginEntry => ({
  name: login.name,
  maildropId: login.maildropId,
  view: login.view,
  isDisabled: login.isDisabled,
  createdAt: login.createdAt.toISOString(),
});

export const maildropEntry = (maildrop: MaildropSummary): MaildropEntry => ({
  maildropId: maildrop.maildropId,
  name: maildrop.name,
  messages: maildrop.messages,
  octets: maildrop.octets,
  quotaOctets: maildrop.quotaOctets ?? null,
  createdAt: maildrop.createdAt.toISOString(),
});

export const messageEntry = (message: MessageSummary): MessageEntry => ({
  uid: message.uid,
  uniqueId: message.uniqueId,
  octets: message.octets,
  receivedAt: message.receivedAt.toISOString(),
  reversePath: message.reversePath,
  recipient: message.recipient,
});

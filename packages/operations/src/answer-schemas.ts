import type { View } from "@poplar/maildrop";
import { z } from "zod";
import type { TokenEntry } from "./access-token.ts";
import type { NewAppPassword } from "./app-passwords.ts";
import type { DomainRecord } from "./domain-records.ts";
import type {
  AuditEntry,
  CredentialEntry,
  DomainEntry,
  LoginEntry,
  MaildropEntry,
  MessageEntry,
} from "./entries.ts";
import type { HiddenEntry, MessagesCount } from "./hidden-mail.ts";
import type { DigestEntry } from "./import-ledger.ts";
import type { ImportedLine } from "./import-logins.ts";
import type { BrokenLeases } from "./leases.ts";
import type { MailPolicyEntry } from "./mail-policy.ts";
import type { PendingTotp } from "./own-totp.ts";
import type { OwnerToken } from "./owner-token.ts";
import type { DeliveredCopy } from "./ports.ts";
import type { ResealedSecrets } from "./reseal-secrets.ts";
import { type OperationName, operationNames } from "./role-table.ts";
import type { ServerReport } from "./server-report.ts";
import type {
  EndedSessions,
  KickedSessions,
  LeaseEntry,
  SessionEntry,
  SessionsSlice,
} from "./session-entry.ts";
import type { ChangedPassword } from "./set-password.ts";
import type { AccessEntry } from "./show-access.ts";
import type { LoginDetail } from "./show-login.ts";
import type { Statistics } from "./show-statistics.ts";
import type { TenantEntry } from "./tenants.ts";
import type { NewToken, RevokedTokens } from "./tokens.ts";
import type { TotpEnrolment } from "./totp.ts";

// What the use cases answer, for whoever reads the description of the API. The compiler sees that they are
// the types that the use cases promise; a test sees that what is sent fits them.

const text = z.string();
const count = z.int();
const flag = z.boolean();
const time = z.iso.datetime();
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullable();
const sliceOf = (entry: z.ZodType) => z.object({ entries: z.array(entry), next: maybe(text) });
const entriesOf = (entry: z.ZodType) => z.object({ entries: z.array(entry) });

const view: z.ZodType<View> = z.union([
  z.object({ kind: z.literal("whole") }),
  z.object({ kind: z.literal("local-part"), localPart: text }),
]);

const role = z.enum(["platform", "tenant", "domain", "self"]);

const access: z.ZodType<AccessEntry> = z.object({
  name: text,
  role,
  tenant: maybe(text),
  domain: maybe(text),
  login: maybe(text),
  operations: z.array(z.enum(operationNames)),
});

const tenant: z.ZodType<TenantEntry> = z.object({ name: text, domains: count });
const domain: z.ZodType<DomainEntry> = z.object({ name: text, tenant: text, logins: count, createdAt: time });
const record: z.ZodType<DomainRecord> = z.object({
  name: text,
  type: z.enum(["CNAME", "MX", "SRV"]),
  value: text,
  why: text,
});

const tokenFields = {
  label: text,
  role,
  tenant: maybe(text),
  domain: maybe(text),
  createdBy: text,
  parent: maybe(text),
  createdAt: time,
  expiresAt: maybe(time),
  lastUsedAt: maybe(time),
};
const token: z.ZodType<TokenEntry> = z.object(tokenFields);
const newToken: z.ZodType<NewToken> = z.object({ ...tokenFields, token: text });
const revokedTokens: z.ZodType<RevokedTokens> = z.object({ revoked: z.array(text), kept: z.array(text) });

/** What an owner gets for his password. */
export const ownerToken: z.ZodType<OwnerToken> = z.object({ token: text, login: text, expiresAt: time });

const login: z.ZodType<LoginEntry> = z.object({
  name: text,
  maildropId: count,
  view,
  isDisabled: flag,
  createdAt: time,
});

const maildrop: z.ZodType<MaildropEntry> = z.object({
  maildropId: count,
  name: text,
  messages: count,
  octets: count,
  quotaOctets: maybe(count),
  createdAt: time,
});

const loginDetail: z.ZodType<LoginDetail> = z.object({
  name: text,
  isDisabled: flag,
  view,
  credentials: z.array(text),
  maildrop,
});

const importedLine: z.ZodType<ImportedLine> = z.object({
  index: count,
  name: text,
  outcome: z.enum(["added", "exists", "refused"]),
  detail: maybe(text),
});

const credentialFields = {
  kind: text,
  label: maybe(text),
  subject: maybe(text),
  scopes: z.array(text),
  networks: z.array(text),
  createdAt: time,
  expiresAt: maybe(time),
  lastUsedAt: maybe(time),
};
const credential: z.ZodType<CredentialEntry> = z.object(credentialFields);
const newAppPassword: z.ZodType<NewAppPassword> = z.object({ ...credentialFields, password: text });
const totp: z.ZodType<TotpEnrolment> = z.object({ secret: text, uri: text });
const pendingTotp: z.ZodType<PendingTotp> = z.object({ secret: text, uri: text, pending: text });

const message: z.ZodType<MessageEntry> = z.object({
  uid: count,
  uniqueId: text,
  octets: count,
  receivedAt: time,
  reversePath: text,
  recipient: text,
});

const hidden: z.ZodType<HiddenEntry> = z.object({
  uid: count,
  uniqueId: text,
  octets: count,
  receivedAt: time,
  hiddenAt: time,
  keepUntil: time,
  deletedBy: text,
  sessionId: text,
});

const messagesCount: z.ZodType<MessagesCount> = z.object({ messages: count });
const copy: z.ZodType<DeliveredCopy> = z.object({ recipient: text, maildropId: count, uid: count });
const digest: z.ZodType<DigestEntry> = z.object({
  uniqueId: text,
  octets: count,
  receivedAt: time,
  sha256: text,
});

const mailPolicy: z.ZodType<MailPolicyEntry> = z.object({
  retentionDays: count.exactOptional(),
  loginDelaySeconds: count.exactOptional(),
  sees: z
    .union([z.object({ newest: count }), z.object({ days: count }), z.object({ unfetched: z.literal(true) })])
    .exactOptional(),
  removesRetrieved: z.literal(true).exactOptional(),
  deletion: z
    .union([
      z.object({ way: z.literal(["remove", "ignore"]) }),
      z.object({ way: z.literal("hide"), days: count }),
    ])
    .exactOptional(),
});

const session: z.ZodType<SessionEntry> = z.object({
  sessionId: text,
  node: text,
  listener: text,
  address: text,
  login: maybe(text),
  mechanism: maybe(text),
  tlsVersion: maybe(text),
  since: time,
  commands: count,
  octetsSent: count,
});
const sessionsFields = { sessions: z.array(session), silentNodes: z.array(text) };
const kicked: z.ZodType<KickedSessions> = z.object({ ...sessionsFields, isMoreLeft: flag });
const sessionsSlice: z.ZodType<SessionsSlice> = z.object({ ...sessionsFields, next: maybe(text) });

const endedFields = { endedSessions: maybe(count), silentNodes: z.array(text) };
const ended: z.ZodType<EndedSessions> = z.object(endedFields);
const changedPassword: z.ZodType<ChangedPassword> = z.object({
  ...endedFields,
  revokedAppPasswords: count,
  keptAppPasswords: count,
});

const lease: z.ZodType<LeaseEntry> = z.object({
  sessionId: text,
  login: text,
  address: text,
  view,
  since: time,
});
const broken: z.ZodType<BrokenLeases> = z.object({ broken: count });

const audit: z.ZodType<AuditEntry> = z.object({
  auditId: count,
  at: time,
  action: text,
  outcome: text,
  subject: text,
  actor: maybe(text),
  mechanism: maybe(text),
  address: maybe(text),
  listener: maybe(text),
  sessionId: maybe(text),
});

const statistics: z.ZodType<Statistics> = z.object({
  domains: count,
  logins: count,
  disabledLogins: count,
  maildrops: count,
  messages: count,
  octets: count,
  hiddenMessages: count,
  hiddenOctets: count,
  sessions: maybe(count),
});

const resealed: z.ZodType<ResealedSecrets> = z.object({
  logins: count,
  outdated: count,
  unreadable: count,
  awaited: count,
  next: maybe(text),
});

const server: z.ZodType<ServerReport> = z.object({
  app: text,
  version: text,
  nodeVersion: text,
  startedAt: time,
  isReady: flag,
  isDraining: flag,
  dependencies: z.array(z.object({ name: text, isUp: flag, detail: text })),
  listeners: z.array(z.object({ name: text, address: text })),
  certificates: z.array(z.object({ subject: text, notAfter: text })),
});

/** What each use case answers when it is done; `undefined`: nothing. */
const answers: Readonly<Record<OperationName, z.ZodType | undefined>> = {
  "show-access": access,
  "show-server": server,
  "show-statistics": statistics,
  "reseal-secrets": resealed,
  "add-tenant": tenant,
  "list-tenants": sliceOf(tenant),
  "show-tenant": tenant,
  "remove-tenant": undefined,
  "move-domain": undefined,
  "add-token": newToken,
  "list-tokens": sliceOf(token),
  "revoke-token": revokedTokens,
  "add-domain": domain,
  "list-domains": sliceOf(domain),
  "show-domain-records": entriesOf(record),
  "remove-domain": undefined,
  "add-login": login,
  "add-host": login,
  "add-host-view": login,
  "import-logins": entriesOf(importedLine),
  "list-logins": sliceOf(login),
  "show-login": loginDetail,
  "remove-login": ended,
  "disable-login": ended,
  "enable-login": undefined,
  "restrict-login": undefined,
  "set-password": changedPassword,
  "change-own-password": changedPassword,
  "set-second-password": undefined,
  "remove-second-password": undefined,
  "list-credentials": sliceOf(credential),
  "add-app-password": newAppPassword,
  "revoke-app-password": undefined,
  "enrol-totp": totp,
  "begin-totp": pendingTotp,
  "confirm-totp": undefined,
  "disable-totp": undefined,
  "add-subject": credential,
  "remove-subject": undefined,
  "add-address": undefined,
  "remove-address": undefined,
  "list-maildrops": sliceOf(maildrop),
  "show-maildrop": maildrop,
  "set-quota": undefined,
  "list-messages": sliceOf(message),
  "deliver-message": copy,
  "show-mail-policy": mailPolicy,
  "set-mail-policy": undefined,
  "clear-mail-policy": undefined,
  "show-domain-mail-policy": mailPolicy,
  "set-domain-mail-policy": undefined,
  "clear-domain-mail-policy": undefined,
  "show-fleet-mail-policy": mailPolicy,
  "set-fleet-mail-policy": undefined,
  "clear-fleet-mail-policy": undefined,
  "list-hidden-messages": sliceOf(hidden),
  "restore-messages": messagesCount,
  "purge-messages": messagesCount,
  "import-message": copy,
  "find-used-unique-ids": z.object({ used: z.array(text) }),
  "digest-messages": entriesOf(digest),
  "list-sessions": sessionsSlice,
  "kick-sessions": kicked,
  "show-lease": sliceOf(lease),
  "break-lease": broken,
  "search-audit": sliceOf(audit),
};

/** What a use case answers when it is done; `undefined`: nothing. */
export const answerSchemaOf = (operation: OperationName): z.ZodType | undefined => answers[operation];

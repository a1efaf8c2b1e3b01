export type { TokenEntry } from "./access-token.ts";
export type { Actor } from "./actor.ts";
export { theServer } from "./actor.ts";
export type { NewAddressInput } from "./add-address.ts";
export { addAddress } from "./add-address.ts";
export type { DomainInput, NewDomainInput } from "./add-domain.ts";
export { addDomain } from "./add-domain.ts";
export { addHost } from "./add-host.ts";
export type { NewHostViewInput } from "./add-host-view.ts";
export { addHostView } from "./add-host-view.ts";
export type { NewLoginInput } from "./add-login.ts";
export { addLogin } from "./add-login.ts";
export type { AppPasswordInput, NewAppPassword, NewAppPasswordInput } from "./app-passwords.ts";
export { addAppPassword, listCredentials, revokeAppPassword } from "./app-passwords.ts";
export type { OwnPasswordInput } from "./change-own-password.ts";
export { changeOwnPassword, peerAt } from "./change-own-password.ts";
export type { DomainPolicyInput } from "./default-mail-policy.ts";
export {
  clearDomainMailPolicy,
  clearFleetMailPolicy,
  setDomainMailPolicy,
  setFleetMailPolicy,
  showDomainMailPolicy,
  showFleetMailPolicy,
} from "./default-mail-policy.ts";
export type { NewMessageInput } from "./deliver-message.ts";
export { deliverMessage } from "./deliver-message.ts";
export type { JsonSchema, OperationDescription } from "./describe-operation.ts";
export { describeOperation, ownerTokenSchema } from "./describe-operation.ts";
export { disableLogin } from "./disable-login.ts";
export type { DomainRecord, DomainServices } from "./domain-records.ts";
export { domainRecords } from "./domain-records.ts";
export { enableLogin } from "./enable-login.ts";
export type {
  AuditEntry,
  CredentialEntry,
  DomainEntry,
  LoginEntry,
  MaildropEntry,
  MessageEntry,
} from "./entries.ts";
export type { HiddenChoice, HiddenEntry, HiddenInput, MessagesCount } from "./hidden-mail.ts";
export { listHidden, purgeMessages, restoreMessages } from "./hidden-mail.ts";
export type { ShownToken } from "./identify-actor.ts";
export { identifyActor } from "./identify-actor.ts";
export type { DigestEntry, UniqueIdsInput } from "./import-ledger.ts";
export { digestMessages, findUsedUniqueIds } from "./import-ledger.ts";
export type { ImportedLine, ImportInput } from "./import-logins.ts";
export { importLogins } from "./import-logins.ts";
export type { MessageImportInput } from "./import-message.ts";
export { importMessage } from "./import-message.ts";
export type { KickInput } from "./kick-sessions.ts";
export { kickSessions } from "./kick-sessions.ts";
export { knowsDomain } from "./knows-domain.ts";
export type { BrokenLeases } from "./leases.ts";
export { breakLease, showLease } from "./leases.ts";
export { listDomains } from "./list-domains.ts";
export { listLogins } from "./list-logins.ts";
export { listMaildrops } from "./list-maildrops.ts";
export { listMessages } from "./list-messages.ts";
export type { SessionsInput } from "./list-sessions.ts";
export { listSessions } from "./list-sessions.ts";
export type { MailPolicyEntry, MailPolicyInput, PolicyFields } from "./mail-policy.ts";
export { clearMailPolicy, setMailPolicy, showMailPolicy } from "./mail-policy.ts";
export type { Operation } from "./operation.ts";
export type { OperationFault, OperationFaultCode } from "./operation-fault.ts";
export { isOperationFault, storageDown } from "./operation-fault.ts";
export type { PendingTotp, TotpConfirmation } from "./own-totp.ts";
export { beginTotp, confirmTotp } from "./own-totp.ts";
export type { OwnerProof, OwnerToken } from "./owner-token.ts";
export { closeOwnerToken, openOwnerToken } from "./owner-token.ts";
export type { Slice } from "./page.ts";
export type {
  DeliveredCopy,
  Deliverer,
  MessageOrigin,
  OperationPorts,
  RefusedCopy,
} from "./ports.ts";
export { removeAddress } from "./remove-address.ts";
export { removeDomain } from "./remove-domain.ts";
export { removeLogin } from "./remove-login.ts";
export type { ResealedSecrets, ResealInput } from "./reseal-secrets.ts";
export { resealSecrets } from "./reseal-secrets.ts";
export type { RestrictionsInput } from "./restrict-login.ts";
export { restrictLogin } from "./restrict-login.ts";
export type { OperationName } from "./role-table.ts";
export { operationNames, roles, rolesOf, summaryOf } from "./role-table.ts";
export type { AuditInput } from "./search-audit.ts";
export { searchAudit } from "./search-audit.ts";
export type {
  CertificateEntry,
  DependencyCheck,
  DependencyState,
  ListenerEntry,
  Readiness,
  ServerReport,
  ServerSelf,
} from "./server-report.ts";
export { checkReadiness, reportServer } from "./server-report.ts";
export type {
  EndedSessions,
  KickedSessions,
  LeaseEntry,
  SessionEntry,
  SessionsEntry,
  SessionsSlice,
} from "./session-entry.ts";
export type { ChangedPassword } from "./set-password.ts";
export { setPassword } from "./set-password.ts";
export { setQuota } from "./set-quota.ts";
export { removeSecondPassword, setSecondPassword } from "./set-second-password.ts";
export type { AccessEntry } from "./show-access.ts";
export { showAccess } from "./show-access.ts";
export type { PublicPorts } from "./show-domain-records.ts";
export { showDomainRecords } from "./show-domain-records.ts";
export type { LoginDetail } from "./show-login.ts";
export { showLogin } from "./show-login.ts";
export { showMaildrop } from "./show-maildrop.ts";
export { showServer } from "./show-server.ts";
export type { Statistics } from "./show-statistics.ts";
export { showStatistics } from "./show-statistics.ts";
export type { SubjectInput } from "./subjects.ts";
export { addSubject, removeSubject } from "./subjects.ts";
export type { MoveInput, TenantEntry, TenantInput } from "./tenants.ts";
export { addTenant, listTenants, moveDomain, removeTenant, showTenant } from "./tenants.ts";
export type { NewToken, NewTokenInput, RevokedTokens } from "./tokens.ts";
export { addToken, listTokens, PLATFORM_TOKEN_LABEL, revokeToken } from "./tokens.ts";
export type { EnrolTotpInput, TotpEnrolment } from "./totp.ts";
export { disableTotp, enrolTotp } from "./totp.ts";

export type {
  AccessToken,
  AccessTokens,
  ChildTokens,
  NewAccessToken,
  RevokedTokens,
} from "./access-tokens.ts";
export { addressRanges, plainAddress } from "./address-ranges.ts";
export type { AnswerLedger, ClaimOutcome, KeptAnswer, RequestClaim } from "./answer-ledger.ts";
export type { AuditEntry, AuditEvent, AuditQuery, AuditTrail } from "./audit.ts";
export type {
  AttemptCounter,
  Authenticator,
  ClientCertificate,
  Credential,
  CredentialDirectory,
  CredentialKind,
  Login,
  LoginDirectory,
  LoginRestrictions,
  NewCredential,
  OwnerDoor,
  Peer,
  RpopDoor,
  SaslChallenge,
  SaslExchange,
} from "./authentication.ts";
export { CREDENTIALS_MAX, PASSWORD_KINDS } from "./authentication.ts";
export type { BulletinBoards } from "./bulletin-boards.ts";
export { bulletinBoards } from "./bulletin-boards.ts";
export type { CredentialMaker, PasswordCredentials, PasswordUses } from "./credential-maker.ts";
export type {
  Delivery,
  DeliveryCopy,
  DeliveryFault,
  DeliveryStore,
  ImportedAs,
  RecipientDirectory,
  ResolvedRecipient,
  WireContent,
} from "./delivery.ts";
export { isDeliveryFault } from "./delivery.ts";
export type { FetchedMarks, Fetcher, UidRange } from "./fetched-marks.ts";
export type { Authenticated, Holder, MaildropId, SecurityLayer, View } from "./identity.ts";
export { WHOLE } from "./identity.ts";
export type { ImportLedger, MessageDigest } from "./import-ledger.ts";
export type { Lease, LeaseHolder, LeaseStore } from "./lease.ts";
export { comparedLocalPart } from "./local-part.ts";
export type { HiddenMessage, MailKeeper, SweepLimits, Swept } from "./mail-keeper.ts";
export type { Deletion, LoginPacer, MailPolicy, PolicyBounds, Sees } from "./mail-policy.ts";
export type {
  Extent,
  MaildropStore,
  MaybePromise,
  MessageReader,
  OpenMaildrop,
  OpenRequest,
} from "./maildrop-store.ts";
export type { OwnedMaildrop } from "./open-maildrop.ts";
export { openMaildrop } from "./open-maildrop.ts";
export type { Preface, PrefaceAcceptor, PrefaceStep } from "./preface.ts";
export type {
  AppPasswordCounts,
  CredentialRegistry,
  CredentialSummary,
  Domain,
  LoginSummary,
  MaildropFate,
  MaildropSummary,
  MessageSummary,
  NewHostView,
  NewLogin,
  Page,
  Registry,
  RegistryFault,
  Totals,
} from "./registry.ts";
export { isRegistryFault } from "./registry.ts";
export type { RequestCounter } from "./request-counter.ts";
export type { RetrievalMarks } from "./retrieval-marks.ts";
export type { Role, Scope } from "./scope.ts";
export { domainOf } from "./scope.ts";
export { comparePlaces, firstInOrder, type SessionPlace } from "./session-order.ts";
export type {
  FleetSession,
  FleetSessions,
  LiveSession,
  SessionHost,
  SessionQuery,
  SessionRegistry,
} from "./session-registry.ts";
export { isMeant } from "./session-registry.ts";
export type { Tenant, TenantRegistry } from "./tenants.ts";
export { DEFAULT_TENANT } from "./tenants.ts";

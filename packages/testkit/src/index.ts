export { credentialsConformance } from "./conformance/credentials.ts";
export { deliveryStoreConformance } from "./conformance/delivery-store.ts";
export { importsConformance } from "./conformance/imports.ts";
export { leaseStoreConformance } from "./conformance/lease-store.ts";
export { loginDirectoryConformance } from "./conformance/login-directory.ts";
export { mailKeeperConformance } from "./conformance/mail-keeper.ts";
export { maildropStoreConformance } from "./conformance/maildrop-store.ts";
export { registryConformance } from "./conformance/registry.ts";
export { retrievalMarksConformance } from "./conformance/retrieval-marks.ts";
export type { Act, Dialogue, Step } from "./dialogue/dialogue.ts";
export type { FailingEffect, Failure, Fixture, FixtureBoard } from "./dialogue/fixture.ts";
export {
  asReceived,
  asTopReceived,
  boardOf,
  envelopeOf,
  LOGIN,
  messageOfOctets,
  RPOP_USER,
} from "./dialogue/fixture.ts";
export { parseDialogues } from "./dialogue/parse-dialogues.ts";
export { isPlayable, playDialogueFile, readDialogues } from "./dialogue/play-dialogue-file.ts";
export { DialogueError, play } from "./dialogue/player.ts";
export type { ScriptedExchange, ScriptedStep } from "./dialogue/scripted-exchange.ts";
export { beginScriptedExchange, isScriptedApop } from "./dialogue/scripted-exchange.ts";
export { PURE, PURE_CUT, PURE_TLS } from "./dialogue/session-venue.ts";
export type { SocketPeerOptions } from "./dialogue/socket-peer.ts";
export { connectSocketPeer, SocketPeer } from "./dialogue/socket-peer.ts";
export type { RunningServer, SocketVenueOptions } from "./dialogue/socket-venue.ts";
export { socketVenue } from "./dialogue/socket-venue.ts";
export type { Peer, Stage, Venue } from "./dialogue/venue.ts";
export { type AppCommand, AppProcess } from "./faults/app-process.ts";
export { type Direction, TcpProxy, type Upstream } from "./faults/tcp-proxy.ts";
export { type Circumstances, checkHistory } from "./history/check-history.ts";
export { History, type OperationCounts } from "./history/history.ts";
export type { Act as HistoryAct, ListedMessage, Operation, Outcome } from "./history/operation.ts";
export type { Rule, Violation } from "./history/violation.ts";
export type { KdcOptions, KdcScope, LoginOptions } from "./kdc.ts";
export { TestKdc, withKdc } from "./kdc.ts";
export type { GssFlag, GssStep } from "./kerberos-client.ts";
export { KerberosClient } from "./kerberos-client.ts";
export { hasUtf8Header, measureSurrogate } from "./measure-surrogate.ts";
export { createMemoryStore, type MemoryStore, type StorePorts } from "./memory-store.ts";
export { until } from "./until.ts";
export { within } from "./within.ts";

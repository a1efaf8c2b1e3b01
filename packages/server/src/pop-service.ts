import type {
  Authenticator,
  BulletinBoards,
  FetchedMarks,
  LeaseStore,
  LoginPacer,
  MaildropStore,
  PolicyBounds,
  Preface,
  PrefaceAcceptor,
  RetrievalMarks,
} from "@poplar/maildrop";
import type { PopVersion } from "@poplar/protocol";
import type { ConnectionEvents, PopEvents } from "@poplar/telemetry";
import type { CertificateStore } from "./certificate-store.ts";
import type { Clock } from "./clock.ts";
import type { ConnectionGate } from "./connection-gate.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import type { ServerLimits } from "./limits.ts";

/** When TLS begins: after STLS (RFC 2595 §4), with the connection (RFC 8314 §3.3), or never. */
export type TlsMode = "starttls" | "implicit" | "none";

/** Where clients connect. */
export interface PopListener {
  /** For logs and metrics, e.g. `pop3` or `pop3s`. */
  readonly name: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls: TlsMode;
  /**
   * What is spoken there; `pop3` when absent. The earlier versions need `isAdmitted`: they are for closed
   * networks.
   */
  readonly protocol?: PopVersion | undefined;
  /** May this client connect at all? Everybody may when absent. */
  readonly isAdmitted?: ((address: string) => boolean) | undefined;
  /**
   * Is this the address of a balancer? It says on whose behalf it connects, by the PROXY protocol, or is
   * turned away. Nobody is when absent.
   */
  readonly isBalancer?: ((address: string) => boolean) | undefined;
  /** What a client has to say before POP begins; nothing when absent. */
  readonly preface?: PrefaceAcceptor | undefined;
}

/** What a server needs from the rest of the house. */
export interface PopPorts {
  readonly authenticator: Authenticator;
  readonly leases: LeaseStore;
  readonly maildrops: MaildropStore;
  /** Holds logins to the delay that their policies want; nobody waits when absent. */
  readonly pacer?: LoginPacer | undefined;
  /** What LAST answers from; it is no command when absent. RFC 1460. */
  readonly marks?: RetrievalMarks | undefined;
  /** What each program of a login has fetched; everything is new to everybody when absent. */
  readonly fetched?: FetchedMarks | undefined;
  /** What XTND shows; it is no command when absent. RFC 1082. */
  readonly boards?: BulletinBoards | undefined;
}

/** What all connections of a server share. */
export interface PopService {
  readonly ports: PopPorts;
  readonly limits: ServerLimits;
  readonly events: PopEvents & ConnectionEvents;
  readonly certificates: CertificateStore | undefined;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly gate: ConnectionGate;
  /** Texts of the greetings. */
  readonly greetings: Readonly<Record<PopVersion, string>>;
  /** Text after IMPLEMENTATION in CAPA; `undefined` leaves it out. */
  readonly implementation: string | undefined;
  /**
   * What CAPA says of EXPIRE and LOGIN-DELAY before login; `undefined`: nothing, neither before nor after.
   */
  readonly policyBounds: (() => PolicyBounds) | undefined;
  /** Clients that have not said UTF8 see surrogates of internationalised messages. RFC 6858. */
  readonly areSurrogatesShown: boolean;
  /** `*ENV` is a command. */
  readonly isSdpsOffered: boolean;
  readonly isPlaintextLoginAllowed: (address: string) => boolean;
}

/**
 * What a connection works with: after a preface, that decides who may in. Most have none, and share the
 * service.
 */
export const serviceBehind = (service: PopService, preface: Preface | undefined): PopService =>
  preface === undefined
    ? service
    : { ...service, ports: { ...service.ports, authenticator: preface.authenticator } };

import type { Authenticator, LeaseStore, MaildropStore } from "@poplar/maildrop";
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
}

/** What a server needs from the rest of the house. */
export interface PopPorts {
  readonly authenticator: Authenticator;
  readonly leases: LeaseStore;
  readonly maildrops: MaildropStore;
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
  /** Text of the greeting. */
  readonly greeting: string;
  /** Text after IMPLEMENTATION in CAPA; `undefined` leaves it out. */
  readonly implementation: string | undefined;
  /** `*ENV` is a command. */
  readonly isSdpsOffered: boolean;
  readonly isPlaintextLoginAllowed: (address: string) => boolean;
}

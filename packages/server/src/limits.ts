import type { SessionLimits } from "@poplar/protocol";

/** Bounds on what strangers can make this process hold or do. All listeners of a server share them. */
export interface ServerLimits extends SessionLimits {
  /** Open connections in all. */
  readonly connectionsMax: number;
  /** Open connections of one address; of one /64 network with IPv6. */
  readonly connectionsPerAddressMax: number;
  /** TLS handshakes under way, and headers of balancers; where there are more, the oldest gives way. */
  readonly handshakesMax: number;
  /** Octets received before login and not yet read as commands; who sends more is dismissed. */
  readonly heldBeforeLoginOctetsMax: number;
  /** Octets received after login and not yet read as commands; reading stops until there are fewer. */
  readonly heldOctetsMax: number;
  /**
   * Silence after which a session ends, without a word and without UPDATE. RFC 1939 §3 wants at least 600.
   */
  readonly autologoutSeconds: number;
  /** The same before login. */
  readonly loginSecondsMax: number;
  /** From the first octet of a TLS handshake to its last; and from connecting to that first octet. */
  readonly handshakeSecondsMax: number;
  /** How long a client may take nothing at all of what is being sent to it. */
  readonly stalledSecondsMax: number;
  /** How long a client may take to close after the last reply. */
  readonly lingerSecondsMax: number;
  /**
   * How long a login waits for a maildrop to become free: clients come back before their old session is over.
   */
  readonly leaseWaitMsMax: number;
  /**
   * So long a client must have been silent for its session to end when the same login comes from the same
   * address.
   */
  readonly yieldIdleSecondsMin: number;
  /**
   * The same while it is being sent something: slow readers take long over what the system has buffered for
   * them.
   */
  readonly yieldStalledSecondsMin: number;
}

/** What a server has that is not told otherwise. */
export const DEFAULT_LIMITS: ServerLimits = {
  connectionsMax: 20_000,
  connectionsPerAddressMax: 200,
  handshakesMax: 500,
  commandLineOctetsMax: 255,
  responseLineOctetsMax: 65_536,
  faultsMax: 10,
  heldBeforeLoginOctetsMax: 16_384,
  heldOctetsMax: 16_384,
  autologoutSeconds: 600,
  loginSecondsMax: 60,
  handshakeSecondsMax: 10,
  stalledSecondsMax: 600,
  lingerSecondsMax: 2,
  leaseWaitMsMax: 500,
  yieldIdleSecondsMin: 30,
  yieldStalledSecondsMin: 120,
};

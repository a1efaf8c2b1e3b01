/**
 * Bounds on what the store asks of Postgres and of this process. Each name says what is bounded, and in what
 * unit.
 *
 * One process holds at most `lookupLanes + bodyLanes + writeLanes + registryConnections` connections, all
 * opened on demand.
 */
export interface StorageLimits {
  /** Connections for logins, openings and recipients: short statements of all sessions, pipelined. */
  readonly lookupLanes: number;
  /** Connections for message bodies, pipelined apart from the short statements. */
  readonly bodyLanes: number;
  /** Connections for deliveries and removals, one transaction each at a time. */
  readonly writeLanes: number;
  /** Connections for what operators do. */
  readonly registryConnections: number;
  /** Statements that wait for their turn in one pool; beyond it `storage-down` is answered at once. */
  readonly waitingStatementsMax: number;
  /** A connection that takes longer to come about counts as refused. */
  readonly connectMsMax: number;
  /** After a refused connection calls fail at once for so long, before one of them tries again. */
  readonly reconnectMs: number;
  /** Longest statement of a login, an opening or a window of a body. */
  readonly lookupMsMax: number;
  /** Longest statement of a delivery, a removal or an operator's change. */
  readonly writeMsMax: number;
  /** Longest wait for a row that another transaction holds. */
  readonly lockMsMax: number;
  /** Memory for listings that were shown, until their maildrops change, and for the answers made of them. */
  readonly keptListingOctetsMax: number;
  /** Memory for logins that were read. */
  readonly keptLoginOctetsMax: number;
  /** Memory for small messages that were read. */
  readonly keptBodyOctetsMax: number;
  /** Memory for parts of big messages that lies idle between two of them. */
  readonly freeSlabOctetsMax: number;
}

export const defaultLimits: StorageLimits = {
  lookupLanes: 2,
  bodyLanes: 2,
  writeLanes: 4,
  registryConnections: 2,
  waitingStatementsMax: 1024,
  connectMsMax: 2000,
  reconnectMs: 250,
  lookupMsMax: 5000,
  writeMsMax: 30_000,
  lockMsMax: 3000,
  keptListingOctetsMax: 64 * 1024 * 1024,
  keptLoginOctetsMax: 32 * 1024 * 1024,
  keptBodyOctetsMax: 64 * 1024 * 1024,
  freeSlabOctetsMax: 16 * 1024 * 1024,
};

/** Largest chunk of a body: one row of `STORAGE PLAIN` fits a page, and TOP reads one row. */
export const chunkOctetsMax = 8000;

/**
 * Chunks in one window of a body: a reader holds the one that is being sent and the next one, 256 KB
 * together.
 */
export const windowChunks = 16;

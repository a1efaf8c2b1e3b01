import type { ConnectionOptions } from "node:tls";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { leaseScripts } from "./lease-scripts.ts";

/**
 * Where Redis is. URLs: `redis://user:password@host:port/database`, `rediss://` for TLS; the user is an ACL
 * user.
 *
 * `master` of a Sentinel set-up is the URL of what the Sentinels watch, with the name of the group for a
 * host: `redis://user:password@mymaster/0`. All nodes of a Cluster share the credentials of its first URL.
 */
export type RedisTarget =
  | { readonly kind: "single"; readonly url: string }
  | { readonly kind: "sentinel"; readonly sentinels: readonly string[]; readonly master: string }
  | { readonly kind: "cluster"; readonly nodes: readonly string[] };

/** Settings of a connection beside its target. */
export interface ConnectionSettings {
  /** Certificates and checks for `rediss://`. */
  readonly tls: ConnectionOptions | undefined;
  /** After how long a command counts as failed. */
  readonly commandTimeoutMs: number;
  /** Shown in CLIENT LIST. */
  readonly name: string;
}

/** A connection on which both commands and messages travel (RESP3: Redis 6.2 or newer). */
export type RedisConnection = Redis | Cluster;

/**
 * Connects, and connects again for ever. While it is not connected every command fails at once; a command
 * whose connection is lost fails and is not sent again, because a lease taken for somebody who was told "no"
 * stays taken.
 */
export function connectRedis(target: RedisTarget, settings: ConnectionSettings): RedisConnection {
  switch (target.kind) {
    case "single": {
      return new Redis({ ...ownOptions(settings), ...parseRedisUrl(target.url, settings.tls) });
    }
    case "sentinel":
      return connectThroughSentinels(target, settings);
    case "cluster": {
      const nodes = target.nodes.map((url) => parseRedisUrl(url, settings.tls));
      const { host: _host, port: _port, db: _db, ...credentials } = nodes[0] ?? {};
      return new Cluster(
        nodes.map(({ host, port }) => ({ host, port })),
        {
          redisOptions: { ...commonOptions(settings), ...credentials },
          scripts: leaseScripts,
          enableOfflineQueue: false,
          clusterRetryStrategy: retryDelayMs,
          maxRedirections: 4,
          slotsRefreshTimeout: settings.commandTimeoutMs,
          // Names stay names, or certificates would be checked against addresses.
          dnsLookup: (name, found) => found(null, name),
        },
      );
    }
  }
}

function connectThroughSentinels(
  target: { readonly sentinels: readonly string[]; readonly master: string },
  settings: ConnectionSettings,
): Redis {
  const { host: name, port: _port, ...rest } = parseRedisUrl(target.master, settings.tls);
  const sentinels = target.sentinels.map((url) => parseRedisUrl(url, settings.tls, 26_379));
  const [first] = sentinels;
  const redis = new PersistentRedis({
    ...ownOptions(settings),
    ...rest,
    name,
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    sentinelUsername: first?.username,
    sentinelPassword: first?.password,
    sentinelTLS: first?.tls,
    enableTLSForSentinelMode: first?.tls !== undefined,
    sentinelCommandTimeout: settings.commandTimeoutMs,
    sentinelRetryStrategy: retryDelayMs,
    failoverDetector: true,
  });
  redis.stayConnected();
  return redis;
}

/**
 * Connects again when ioredis has given up, which it does for good when a Sentinel tells of a failover while
 * it is still connecting: of the front ends that have just lost their master, many.
 */
class PersistentRedis extends Redis {
  #isClosed = false;

  /** Goes on until `disconnect`. */
  stayConnected(): void {
    this.on("end", () => {
      if (!this.#isClosed) setTimeout(() => void this.#connectAgain(), retryDelayMs(1)).unref();
    });
  }

  override disconnect(isToReconnect = false): void {
    if (!isToReconnect) this.#isClosed = true;
    super.disconnect(isToReconnect);
  }

  async #connectAgain(): Promise<void> {
    // What becomes of it, events tell.
    if (!this.#isClosed) await this.connect().catch(() => undefined);
  }
}

/** What every kind of connection has; the type is inferred, since each kind takes another part of it. */
const commonOptions = (settings: ConnectionSettings) =>
  ({
    connectionName: settings.name,
    commandTimeout: settings.commandTimeoutMs,
    connectTimeout: settings.commandTimeoutMs,
    // Connected, but no answer: the other side is paused, or packets get lost. Connect afresh.
    socketTimeout: settings.commandTimeoutMs,
    disconnectTimeout: settings.commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The store subscribes anew itself, also when the first try failed.
    autoResubscribe: false,
    reconnectOnError: leavesReplica(),
  }) satisfies RedisOptions;

/** What a connection that knows its own server has beside that. */
const ownOptions = (settings: ConnectionSettings) =>
  ({
    ...commonOptions(settings),
    scripts: leaseScripts,
    enableOfflineQueue: false,
    retryStrategy: retryDelayMs,
  }) satisfies RedisOptions;

const retryMsMin = 50;

/** At once, then slower, never slower than a second: recovery must not wait for us. */
const retryDelayMs = (attempts: number): number => Math.min(attempts * retryMsMin, 1000);

/**
 * A former master that is a replica by now: look for the new one. Once for all commands that it refuses
 * together: the library hangs up once more each time it is told to.
 */
function leavesReplica(): (error: Error) => 1 | false {
  let leftMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const nowMs = performance.now();
    if (!error.message.startsWith("READONLY ") || nowMs - leftMs < retryMsMin) return false;
    leftMs = nowMs;
    return 1;
  };
}

interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: ConnectionOptions | undefined;
}

/** @throws TypeError when it is not the URL of a Redis. */
function parseRedisUrl(text: string, tls: ConnectionOptions | undefined, defaultPort = 6379): RedisAddress {
  const url = new URL(text);
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") {
    throw new TypeError(`the URL of a Redis begins with redis:// or rediss://, not ${url.protocol}//`);
  }
  const database = Number(url.pathname.slice(1));
  if (!Number.isInteger(database)) throw new TypeError("the path in the URL of a Redis is a database number");
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? defaultPort : Number(url.port),
    username: url.username === "" ? undefined : decodeURIComponent(url.username),
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
    db: database,
    tls: url.protocol === "rediss:" ? { ...tls } : undefined,
  };
}

import { randomBytes } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import type { Log } from "@poplar/telemetry";
import { foreseen } from "./foreseen.ts";
import { connectRedis, type RedisConnection, type RedisTarget } from "./redis-connection.ts";
import { TicketKeyWrap } from "./ticket-key-wrap.ts";

/** What shared ticket keys are made from. */
export interface TicketKeyOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /** What the fleet has in common; seals the keys in Redis. */
  readonly secret: string;
  /** Called with 48 octets whenever other keys come into force, on all nodes at the same time. */
  readonly changed: (keys: Buffer) => void;
  /** How long keys are in force; the same in the whole fleet. Default 8 hours. */
  readonly periodMs?: number;
  /** In front of the key. Default: nothing. */
  readonly keyPrefix?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly log?: Pick<Log, "warn">;
}

/** Keys of TLS session tickets that a fleet has in common. */
export interface SharedTicketKeys {
  /** Looks at Redis and at the clock now; never rejects. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Shares random keys over Redis: a session that began on one node is resumed on any. Those of the next period
 * are there long before it begins, so all nodes change at the same time, by their clocks. Old ones are
 * forgotten everywhere: who learns the secret later cannot read what was said with them.
 *
 * While Redis is away the known keys stay in force.
 */
export const createRedisTicketKeys = (options: TicketKeyOptions): SharedTicketKeys =>
  new RedisTicketKeys(options);

/** What OpenSSL wants: a name, a key for HMAC, a key for AES, 16 octets each. */
const KEYS_OCTETS = 48;
const PERIOD_MS = 8 * 3600 * 1000;
const REFRESH_MS = 60_000;
const COMMAND_TIMEOUT_MS = 800;

class RedisTicketKeys implements SharedTicketKeys {
  readonly #options: TicketKeyOptions;
  readonly #connection: RedisConnection;
  readonly #wrap: TicketKeyWrap;
  readonly #hash: string;
  readonly #periodMs: number;
  readonly #timer: NodeJS.Timeout;
  #change: NodeJS.Timeout | undefined;
  #known: ReadonlyMap<number, Buffer> = new Map();
  #inForce: Buffer | undefined;

  constructor(options: TicketKeyOptions) {
    this.#options = options;
    this.#wrap = new TicketKeyWrap(options.secret);
    this.#hash = `${options.keyPrefix ?? ""}ticket-keys:${this.#wrap.fingerprint}`;
    this.#periodMs = options.periodMs ?? PERIOD_MS;
    const settings = { tls: options.tls, commandTimeoutMs: COMMAND_TIMEOUT_MS, name: "poplar-ticket-keys" };
    this.#connection = connectRedis(options.target, settings);
    this.#connection.on("ready", () => void this.refresh());
    // The leases tell that Redis is away.
    this.#connection.on("error", () => undefined);
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS).unref();
  }

  async refresh(): Promise<void> {
    try {
      if (this.#connection.status === "ready") await this.#read();
    } catch (cause) {
      this.#options.log?.warn(
        { event: "ticket-keys-missing", err: foreseen(cause) },
        "the known ticket keys stay in force",
      );
    }
    this.#enforce();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#change);
    this.#connection.disconnect();
  }

  get #nowMs(): number {
    return (this.#options.now ?? Date.now)();
  }

  get #period(): number {
    return Math.floor(this.#nowMs / this.#periodMs);
  }

  /** Reads the keys of this period and the next, and makes those that nobody has made yet. */
  async #read(): Promise<void> {
    const periods = [this.#period, this.#period + 1];
    for (const period of periods.filter((one) => !this.#known.has(one))) {
      const sealed = this.#wrap.seal(period, randomBytes(KEYS_OCTETS));
      await this.#connection.hsetnx(this.#hash, String(period), sealed);
    }
    const stored = Object.entries(await this.#connection.hgetall(this.#hash));
    const kept = stored.filter(([period]) => periods.includes(Number(period)));
    this.#known = new Map(
      kept.map(([period, sealed]) => [Number(period), this.#wrap.open(Number(period), sealed)]),
    );
    const past = stored.map(([period]) => period).filter((period) => Number(period) < this.#period);
    if (past.length > 0) await this.#connection.hdel(this.#hash, ...past);
    await this.#connection.pexpire(this.#hash, 3 * this.#periodMs);
  }

  /** Brings the keys of this period into force, and sees to it that those of the next are in time. */
  #enforce(): void {
    const keys = this.#known.get(this.#period);
    if (keys !== undefined && this.#inForce?.equals(keys) !== true) {
      this.#inForce = keys;
      this.#options.changed(keys);
    }
    clearTimeout(this.#change);
    const leftMs = (this.#period + 1) * this.#periodMs - this.#nowMs;
    this.#change = setTimeout(() => void this.refresh(), leftMs).unref();
  }
}

import { randomUUID } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import type { Holder, Lease, LeaseHolder, LeaseStore, MaildropId, View } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { Log, ServiceEvents } from "@poplar/telemetry";
import { Availability } from "./availability.ts";
import { foreseen, RedisAwayError } from "./foreseen.ts";
import { GatheredWrites } from "./gathered-writes.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LeaseKeys } from "./lease-keys.ts";
import { clientWords, decodeWord, holderOf, leaseValue } from "./lease-value.ts";
import { RecentReleases } from "./recent-releases.ts";
import { connectRedis, type RedisConnection, type RedisTarget } from "./redis-connection.ts";
import { type Claim, UnsettledClaims } from "./unsettled-claims.ts";
import { viewField } from "./view-field.ts";

/** What Redis leases are made from. */
export interface RedisLeaseOptions {
  readonly target: RedisTarget;
  /** Certificates and checks for `rediss://`. */
  readonly tls?: ConnectionOptions;
  /**
   * Names this process for ever: another start is another instance. No spaces, no `/`. Default: a random
   * UUID.
   */
  readonly instanceId?: string;
  /** After how long without a heartbeat the leases of this process are free. At least 300; default 10,000. */
  readonly heartbeatTtlMs?: number;
  /** After how long a command counts as failed: what a login waits at most. Default 600. */
  readonly commandTimeoutMs?: number;
  /** In front of every key and channel, for a Redis that several installations share. Default: nothing. */
  readonly keyPrefix?: string;
  readonly events?: Pick<ServiceEvents, "dependencyDown" | "dependencyUp">;
  readonly log?: Pick<Log, "warn">;
}

/** Leases in Redis: exclusive access over the whole fleet. */
export interface RedisLeaseStore extends LeaseStore {
  readonly instanceId: string;
  /** Asks Redis for a sign of life. @returns `undefined`, or `lease-store-down`. */
  check(): Promise<Fault | undefined>;
  /** Frees at once whatever a crashed instance held, for its supervisor. */
  releaseInstance(instanceId: string): Promise<Fault | undefined>;
}

/**
 * Connects to Redis. Resolves when it is known whether Redis answers; when it does not, the store says so to
 * each caller and recovers by itself.
 *
 * @throws TypeError when a URL in `target` is not one of a Redis.
 */
export async function createRedisLeaseStore(options: RedisLeaseOptions): Promise<RedisLeaseStore> {
  const store = new IoredisLeaseStore(options);
  await store.settled;
  return store;
}

/** A lease hash that nobody touched for so long is a crashed instance's leftover: no session lasts a week. */
const LEASE_KEPT_MS = 7 * 24 * 3600 * 1000;

class IoredisLeaseStore implements RedisLeaseStore {
  readonly instanceId: string;
  readonly settled: Promise<void>;
  readonly #keys: LeaseKeys;
  readonly #heartbeatTtlMs: number;
  readonly #connection: RedisConnection;
  readonly #writes: GatheredWrites;
  readonly #availability: Availability;
  readonly #heartbeat: Heartbeat;
  readonly #log: Pick<Log, "warn"> | undefined;
  readonly #brokenListeners: ((sessionId: string) => void)[] = [];
  readonly #askedListeners: ((sessionId: string) => void)[] = [];
  readonly #unsettled: UnsettledClaims;
  /** Where a replica may take over. */
  readonly #releases: RecentReleases | undefined;
  #attempts = 0;
  #generation = 1;

  constructor(options: RedisLeaseOptions) {
    this.instanceId = options.instanceId ?? randomUUID();
    if (!/^[^\s/]+$/.test(this.instanceId)) throw new TypeError("an instance id has no spaces and no slash");
    this.#keys = new LeaseKeys(options.keyPrefix ?? "");
    this.#heartbeatTtlMs = options.heartbeatTtlMs ?? 10_000;
    this.#log = options.log;
    this.#connection = connectRedis(options.target, {
      tls: options.tls,
      commandTimeoutMs: options.commandTimeoutMs ?? 600,
      name: `poplar-lease-${this.instanceId}`,
    });
    this.#writes = new GatheredWrites(this.#connection);
    this.#unsettled = new UnsettledClaims(async (claim) => this.#send(claim));
    this.#releases = options.target.kind === "single" ? undefined : new RecentReleases();
    this.#availability = new Availability("redis", options.events);
    this.settled = this.#availability.known;
    this.#heartbeat = new Heartbeat({
      connection: this.#connection,
      keys: this.#keys,
      instanceId: this.instanceId,
      ttlMs: this.#heartbeatTtlMs,
      generation: () => this.#generation,
      isHolding: () => this.#attempts > 0,
      beaten: (generation, lost) => this.#beaten(generation, lost),
      missed: (cause) => this.#availability.lost(cause),
    });
    this.#listen();
  }

  async acquire(maildropId: MaildropId, view: View, holder: Holder): Promise<Lease | Fault> {
    if (!this.#isConnected) return this.#availability.fault();
    this.#attempts += 1;
    if (this.#attempts === 1) void this.#heartbeat.beat();
    const claim: Claim = {
      key: this.#keys.lease(maildropId),
      field: viewField(view),
      leaseId: `${this.instanceId}/${this.#attempts}`,
      generation: this.#generation,
    };
    try {
      this.#writes.gather();
      const token = await this.#connection.acquireLease(
        claim.key,
        this.#keys.heartbeatsBeside(maildropId),
        this.instanceId,
        claim.generation,
        this.#heartbeatTtlMs,
        claim.field,
        leaseValue(claim.leaseId, holder),
        LEASE_KEPT_MS,
      );
      if (token === null) return { fault: "maildrop-in-use" };
    } catch (cause) {
      this.#unsettled.add(claim);
      return this.#failed(cause);
    }
    return { release: async () => this.#release(claim) };
  }

  async holders(maildropId: MaildropId): Promise<readonly LeaseHolder[] | Fault> {
    return this.#ask(async () => {
      const pairs = await this.#connection.leaseHolders(
        this.#keys.lease(maildropId),
        this.#keys.heartbeatsBeside(maildropId),
      );
      return pairs
        .map((field, index) => (index % 2 === 0 ? holderOf(field, pairs[index + 1] ?? "") : undefined))
        .filter((holder) => holder !== undefined);
    });
  }

  async breakLeases(maildropId: MaildropId): Promise<number | Fault> {
    return this.#ask(async () =>
      this.#connection.breakLeases(
        this.#keys.lease(maildropId),
        this.#keys.heartbeatsBeside(maildropId),
        this.#keys.brokenChannels,
      ),
    );
  }

  onBroken(listener: (sessionId: string) => void): void {
    this.#brokenListeners.push(listener);
  }

  async askHolders(maildropId: MaildropId, newcomer: Holder): Promise<void> {
    const key = this.#keys.lease(maildropId);
    await this.#ask(async () =>
      this.#connection.askHolders(key, this.#keys.askedChannels, clientWords(newcomer)),
    );
  }

  onAsked(listener: (sessionId: string) => void): void {
    this.#askedListeners.push(listener);
  }

  async check(): Promise<Fault | undefined> {
    return this.#ask(async () => {
      await this.#connection.ping();
      return undefined;
    });
  }

  async releaseInstance(instanceId: string): Promise<Fault | undefined> {
    return this.#ask(async () => {
      await Promise.all(this.#keys.heartbeats(instanceId).map(async (key) => this.#connection.del(key)));
      return undefined;
    });
  }

  /** Frees what this instance still holds, if Redis can be reached. */
  async close(): Promise<void> {
    this.#heartbeat.stop();
    if (this.#isConnected) await this.releaseInstance(this.instanceId);
    this.#availability.stop();
    this.#connection.disconnect();
  }

  get #isConnected(): boolean {
    return this.#connection.status === "ready";
  }

  async #ask<T>(question: () => Promise<T>): Promise<T | Fault> {
    if (!this.#isConnected) return this.#availability.fault();
    try {
      return await question();
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  async #release(claim: Claim): Promise<void> {
    try {
      await this.#send(claim);
      this.#releases?.add(claim);
    } catch (cause) {
      this.#unsettled.add(claim);
      this.#failed(cause);
    }
  }

  async #send(claim: Claim): Promise<unknown> {
    this.#writes.gather();
    return this.#connection.releaseLease(claim.key, claim.field, claim.leaseId);
  }

  /** A command failed, or is still on its way: it shall not arrive later. A beat finds out how Redis is. */
  #failed(cause: unknown): Fault {
    this.#doubt();
    const fault = this.#availability.lost(cause);
    if (this.#isConnected) void this.#heartbeat.beat();
    return fault;
  }

  /** Whoever answers next may be another Redis, which has not heard the last that this one was told. */
  #doubt(): void {
    this.#generation += 1;
    for (const claim of this.#releases?.take() ?? []) this.#unsettled.add(claim);
  }

  #beaten(generation: number, lost: number): void {
    this.#availability.answered();
    void this.#unsettled.settle(generation);
    if (lost > 0) {
      const text =
        "Redis forgot that this instance lives; others may have opened its maildrops, the fence decides";
      this.#log?.warn({ event: "heartbeat-lost", instance: this.instanceId, partitions: lost }, text);
    }
  }

  #listen(): void {
    const connection = this.#connection;
    const broken = this.#keys.brokenChannels + this.instanceId;
    const asked = this.#keys.askedChannels + this.instanceId;
    connection.on("ready", () => {
      void this.#heartbeat.beat();
      connection.subscribe(broken, asked).catch((cause: unknown) => {
        this.#log?.warn(
          { event: "lease-channel-refused", err: foreseen(cause) },
          "sessions will not hear of broken leases, nor of clients that came back",
        );
      });
    });
    connection.on("error", (cause: unknown) => this.#availability.lost(cause));
    connection.on("close", () => {
      this.#doubt();
      this.#availability.lost(new RedisAwayError("the connection to Redis is closed"));
    });
    connection.on("message", (channel: string, session: string) => {
      const listeners = channel === broken ? this.#brokenListeners : this.#askedListeners;
      for (const listener of listeners) listener(decodeWord(session));
    });
  }
}

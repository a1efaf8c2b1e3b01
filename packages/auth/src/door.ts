import { setTimeout as sleep } from "node:timers/promises";
import { type AttemptCounter, addressRanges } from "@poplar/maildrop";
import { createMemoryAttemptCounter } from "./memory-attempt-counter.ts";

/** Who tries to log in as whom. */
export interface Caller {
  /** Canonical name where there is one, else what was typed; empty: he has not said. */
  readonly login: string;
  readonly address: string;
}

/** How patient the door is. Windows in seconds, delays in milliseconds. */
export interface DoorLimits {
  /** How long a failed try is held against an address, a network and a login. */
  readonly windowSeconds: number;
  /** For so long a login is known to come from an address that it came from. */
  readonly knownSeconds: number;
  /** Failed tries of one address that cost nothing: people mistype. */
  readonly freeTries: number;
  /** Failed tries of a whole network, and on one login from everywhere, that cost nothing. */
  readonly freeTriesOfMany: number;
  /** What one address adds to the count of its network, and to that of a login, at most. */
  readonly shareOfOne: number;
  /** The first delay; each further try doubles it. */
  readonly delayMsMin: number;
  /** For an address, and for the same login from the same address. */
  readonly delayMsMax: number;
  /** For people who do nothing wrong but have the network or the login in common with those who do. */
  readonly delayOfManyMsMax: number;
  /** Callers of one address that may wait at a time; further ones are turned away. */
  readonly waitingPerAddressMax: number;
  /** One-time codes that may be shown beside one right password in a window before any of them is right. */
  readonly codesMax: number;
}

export const DOOR_LIMITS: DoorLimits = {
  windowSeconds: 3600,
  knownSeconds: 30 * 24 * 3600,
  freeTries: 5,
  freeTriesOfMany: 50,
  shareOfOne: 5,
  delayMsMin: 250,
  delayMsMax: 15_000,
  delayOfManyMsMax: 2000,
  waitingPerAddressMax: 20,
  codesMax: 20,
};

/** Logins and the addresses that they came from, as far as this process has seen them. */
const KNOWN_HERE_MAX = 100_000;

/** Keys of the counts: the same on every node. */
const keys = ({ login, address }: Caller) => {
  const { host, network } = addressRanges(address);
  return {
    host: `address ${host}`,
    network: `network ${network}`,
    login: `login ${login}`,
    pair: `pair ${host} ${login}`,
    known: `known ${host} ${login}`,
  };
};

/**
 * Makes guessing slow without shutting anybody out.
 *
 * What an address does wrong slows that address. A network and a login are slowed only by many addresses: one
 * of them adds no more than its share. And who has been in from an address gets in from there as fast as
 * ever, unless it is from there that his password is guessed.
 */
export class Door {
  readonly #counter: AttemptCounter;
  readonly #limits: DoorLimits;
  readonly #wait: (milliseconds: number) => Promise<void>;
  readonly #waiting = new Map<string, number>();
  readonly #knownHere = new Set<string>();

  constructor(parts: {
    readonly counter?: AttemptCounter | undefined;
    readonly limits?: Partial<DoorLimits> | undefined;
    readonly wait?: ((milliseconds: number) => Promise<void>) | undefined;
  }) {
    this.#counter = parts.counter ?? createMemoryAttemptCounter();
    this.#limits = { ...DOOR_LIMITS, ...parts.limits };
    this.#wait = parts.wait ?? (async (milliseconds) => sleep(milliseconds));
  }

  /** Did this login come in from there before, through this process? Costs no question to the fleet. */
  isKnownHere(caller: Caller): boolean {
    return this.#knownHere.has(keys(caller).known);
  }

  /** Lets a caller wait as long as he must. @returns `busy` when too many of his address wait already. */
  async wait(caller: Caller): Promise<"busy" | undefined> {
    const delayMs = await this.#delayOf(caller);
    if (delayMs === 0) return undefined;
    const { host } = addressRanges(caller.address);
    const waiting = this.#waiting.get(host) ?? 0;
    if (waiting >= this.#limits.waitingPerAddressMax) return "busy";
    this.#waiting.set(host, waiting + 1);
    try {
      await this.#wait(delayMs);
      return undefined;
    } finally {
      const left = (this.#waiting.get(host) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(host);
      else this.#waiting.set(host, left);
    }
  }

  /** Lets a caller wait because somebody else wants him to. */
  async delay(milliseconds: number): Promise<void> {
    await this.#wait(milliseconds);
  }

  /** A right proof. What the address did wrong with other names is not forgotten for it. */
  async opened(caller: Caller): Promise<void> {
    const { known, pair } = keys(caller);
    if (this.#knownHere.has(known)) return;
    this.#knownHere.add(known);
    if (this.#knownHere.size > KNOWN_HERE_MAX) {
      const [oldest] = this.#knownHere;
      if (oldest !== undefined) this.#knownHere.delete(oldest);
    }
    this.#counter.mark(known, this.#limits.knownSeconds);
    await this.#counter.forget(pair);
  }

  /** A wrong proof, or a name that is none. Counted before the answer goes out. */
  async refused(caller: Caller): Promise<void> {
    const { windowSeconds, shareOfOne } = this.#limits;
    const { host, network, login, pair, known } = keys(caller);
    // From here on even who was known is looked at again.
    this.#knownHere.delete(known);
    const [ofHost, ofPair] = await Promise.all([
      this.#counter.add(host, windowSeconds),
      this.#counter.add(pair, windowSeconds),
    ]);
    await Promise.all([
      ofHost <= shareOfOne ? this.#counter.add(network, windowSeconds) : undefined,
      // Those who give no name have nothing in common.
      ofPair <= shareOfOne && caller.login !== "" ? this.#counter.add(login, windowSeconds) : undefined,
    ]);
  }

  /**
   * May a one-time code be looked at? Six digits are soon guessed from many addresses at once, so they are
   * counted for the credential itself; only whoever knows the password can shut its owner out by that.
   * Counted before the look, and each code once: a program that repeats an old one guesses nothing.
   *
   * RFC 4226 §7.3.
   */
  async mayShowCode(credentialId: number, code: string): Promise<boolean> {
    const { windowSeconds, codesMax } = this.#limits;
    const key = `codes ${credentialId}`;
    const isNew = (await this.#counter.add(`code ${credentialId} ${code}`, windowSeconds)) <= 1;
    const shown = isNew ? await this.#counter.add(key, windowSeconds) : (await this.#counter.read([key]))[0];
    return (shown ?? 0) <= codesMax;
  }

  /** It was right: its owner is here, and what was guessed is forgotten. */
  async codeAccepted(credentialId: number): Promise<void> {
    await this.#counter.forget(`codes ${credentialId}`);
  }

  async #delayOf(caller: Caller): Promise<number> {
    const { freeTries, freeTriesOfMany, delayMsMax, delayOfManyMsMax } = this.#limits;
    const { host, network, login, pair, known } = keys(caller);
    const counts = await this.#counter.read([host, network, login, pair]);
    if (counts.every((count) => count === 0)) return 0;
    const [ofHost = 0, ofNetwork = 0, ofLogin = 0, ofPair = 0] = counts;
    const isKnown = await this.#counter.isMarked(known);
    const ofOwn = this.#grown(isKnown ? ofPair : ofHost, freeTries, delayMsMax);
    if (isKnown) return ofOwn;
    const ofMany = this.#grown(Math.max(ofNetwork, ofLogin), freeTriesOfMany, delayOfManyMsMax);
    return Math.max(ofOwn, ofMany);
  }

  #grown(tries: number, free: number, delayMsMax: number): number {
    if (tries < free) return 0;
    return Math.min(this.#limits.delayMsMin * 2 ** Math.min(tries - free, 30), delayMsMax);
  }
}

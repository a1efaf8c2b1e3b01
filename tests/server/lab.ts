import { createMemoryLeaseStore } from "@poplar/lease";
import {
  type Authenticated,
  type Authenticator,
  type BulletinBoards,
  type FetchedMarks,
  type LeaseStore,
  type LoginPacer,
  type MailPolicy,
  type Peer,
  type PolicyBounds,
  type PrefaceAcceptor,
  type RetrievalMarks,
  type RpopDoor,
  type SaslExchange,
  type SecurityLayer,
  WHOLE,
} from "@poplar/maildrop";
import { type Fault, isFault, type PopVersion } from "@poplar/protocol";
import {
  type CertificateStore,
  type Clock,
  openCertificateStore,
  type PopServer,
  type PopServerOptions,
  type ServerLimits,
  servePop,
} from "@poplar/server";
import { beginScriptedExchange, isScriptedApop, LOGIN, RPOP_USER } from "@poplar/testkit";
import { CertificateDirectory, makeCertificate } from "./lab-certificates.ts";
import { LabClient } from "./lab-client.ts";
import { LabEvents } from "./lab-events.ts";
import { LabStore } from "./lab-store.ts";

/** One certificate for all tests of a file: making it takes longer than most of them. */
const CERTIFICATE = makeCertificate("localhost");

/** Options with which a client trusts the server of a lab. */
export const trust = async (): Promise<{ readonly ca: string; readonly servername: string }> => ({
  ca: (await CERTIFICATE).certificate,
  servername: "localhost",
});

export interface LabOptions {
  readonly limits?: Partial<ServerLimits>;
  readonly clock?: Clock;
  /** Shared with other labs; in memory when absent. */
  readonly leases?: LeaseStore;
  readonly isPlaintextLoginAllowed?: boolean;
  /** Without, there is no STLS. */
  readonly isTlsOffered?: boolean;
  readonly areSurrogatesShown?: boolean;
  readonly isSdpsOffered?: boolean;
  readonly marks?: RetrievalMarks | undefined;
  readonly fetched?: FetchedMarks | undefined;
  readonly boards?: BulletinBoards | undefined;
  /** Whether RPOP is a command, and clients are trusted. */
  readonly rpop?: "possible" | "not-from-here" | undefined;
  /** What CAPA says of all logins, before login. */
  readonly policyBounds?: PolicyBounds;
  readonly pacer?: LoginPacer;
  /** What is spoken on all ports; POP3 when absent. */
  readonly protocol?: PopVersion;
  /** Who may connect; everybody when absent. */
  readonly isAdmitted?: (address: string) => boolean;
  readonly certificates?: CertificateStore;
  /** Whose connections begin with a header of the PROXY protocol. */
  readonly isBalancer?: (address: string) => boolean;
  /** What clients have to say before POP. */
  readonly preface?: PrefaceAcceptor;
}

/** A promise that a test keeps when it likes. */
export interface Deferred {
  readonly promise: Promise<undefined>;
  readonly resolve: () => void;
}

export function deferred(): Deferred {
  let keep: () => void = () => undefined;
  const promise = new Promise<undefined>((resolve) => {
    keep = () => resolve(undefined);
  });
  return { promise, resolve: () => keep() };
}

/** A step that stands still until a test lets it go on. */
export class HeldStep {
  readonly #begun = deferred();
  readonly #ended = deferred();
  /** To be put in front of what is to be held, such as `store.beforeRemove`. */
  readonly hold = (): Promise<undefined> => {
    this.#begun.resolve();
    return this.#ended.promise;
  };

  /** Resolves when it was come to. */
  get begun(): Promise<undefined> {
    return this.#begun.promise;
  }

  letGo(): void {
    this.#ended.resolve();
  }
}

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  #nowMs = 1_000;
  readonly #ticks = new Set<() => void>();

  now(): number {
    return this.#nowMs;
  }

  everySecond(tick: () => void): () => void {
    this.#ticks.add(tick);
    return () => this.#ticks.delete(tick);
  }

  advance(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.#nowMs += 1000;
      for (const tick of this.#ticks) tick();
    }
  }
}

const NO_BOUNDS: PolicyBounds = { retentionDaysMin: undefined, loginDelaySecondsMax: 0 };

/** Answers as a test wants it to. */
export class LabAuthenticator implements Authenticator {
  readonly peers: Peer[] = [];
  /** Mechanisms that are offered, of those that are scripted. */
  offered: readonly string[] = [];
  timestamp: string | undefined;
  policy: MailPolicy | undefined;
  /** What protects the connection after a login by SASL. */
  layer: (() => SecurityLayer) | undefined;
  /** Exchanges begun and not yet closed. */
  openExchanges = 0;
  before: () => Fault | undefined | Promise<Fault | undefined> = () => undefined;

  async verifyPassword(name: string, password: Uint8Array, peer: Peer): Promise<Authenticated | Fault> {
    this.peers.push(peer);
    const isRight = name === LOGIN.name && Buffer.from(password).equals(Buffer.from(LOGIN.password));
    return this.#outcome(isRight, "USER");
  }

  apopTimestamp(): string | undefined {
    return this.timestamp;
  }

  async verifyApop(
    name: string,
    digest: string,
    timestamp: string,
    peer: Peer,
  ): Promise<Authenticated | Fault> {
    this.peers.push(peer);
    return this.#outcome(isScriptedApop(name, digest, timestamp), "APOP");
  }

  rpop: RpopDoor | undefined;

  /** RPOP for the user that dialogues know; from everywhere, or from nowhere. */
  offerRpop(isPossible: boolean): void {
    this.rpop = {
      isPossible: () => isPossible,
      verify: async (name, clientUser, peer) => {
        this.peers.push(peer);
        return this.#outcome(name === LOGIN.name && clientUser === RPOP_USER, "RPOP");
      },
    };
  }

  mechanisms(): readonly string[] {
    return this.offered;
  }

  beginExchange(mechanism: string, peer: Peer): SaslExchange | undefined {
    this.peers.push(peer);
    const script = this.offered.includes(mechanism) ? beginScriptedExchange(mechanism) : undefined;
    if (script === undefined) return undefined;
    this.openExchanges += 1;
    return {
      name: `${LOGIN.name} perhaps`,
      next: async (response) => {
        const step = script.next(response);
        if (step === "authenticated") return this.#protected(await this.#outcome(true, mechanism));
        return isFault(step) ? this.#outcome(false, mechanism) : step;
      },
      close: () => {
        this.openExchanges -= 1;
      },
    };
  }

  #protected(outcome: Authenticated | Fault): Authenticated | Fault {
    const securityLayer = this.layer?.();
    return isFault(outcome) || securityLayer === undefined ? outcome : { ...outcome, securityLayer };
  }

  async #outcome(isRight: boolean, mechanism: string): Promise<Authenticated | Fault> {
    const fault = await this.before();
    if (fault !== undefined) return fault;
    if (!isRight) return { fault: "bad-credentials" };
    const entered = { login: LOGIN.name, maildropId: 1, view: WHOLE, mechanism };
    return this.policy === undefined ? entered : { ...entered, policy: this.policy };
  }
}

/** A server on loopback with one login and one maildrop, real sockets and real leases. */
export class Lab implements AsyncDisposable {
  readonly server: PopServer;
  readonly store: LabStore;
  readonly leases: LeaseStore;
  readonly authenticator: LabAuthenticator;
  readonly heard: LabEvents;
  readonly #resources: AsyncDisposableStack;
  readonly #clients: LabClient[] = [];

  constructor(
    server: PopServer,
    parts: { store: LabStore; leases: LeaseStore; authenticator: LabAuthenticator; heard: LabEvents },
    resources: AsyncDisposableStack,
  ) {
    this.server = server;
    this.store = parts.store;
    this.leases = parts.leases;
    this.authenticator = parts.authenticator;
    this.heard = parts.heard;
    this.#resources = resources;
  }

  static async start(options: LabOptions = {}): Promise<Lab> {
    const resources = new AsyncDisposableStack();
    const parts = {
      store: new LabStore(),
      leases: options.leases ?? createMemoryLeaseStore(),
      authenticator: new LabAuthenticator(),
      heard: new LabEvents(),
    };
    if (options.rpop !== undefined) parts.authenticator.offerRpop(options.rpop === "possible");
    const certificates = options.certificates ?? (await openLabCertificates(parts.heard, resources));
    const common: Omit<PopServerOptions, "listeners"> = {
      ports: {
        leases: parts.leases,
        maildrops: parts.store,
        authenticator: parts.authenticator,
        pacer: options.pacer,
        marks: options.marks,
        fetched: options.fetched,
        boards: options.boards,
      },
      events: parts.heard.events,
      hostname: "mail.example.test",
      implementation: "Poplar",
      areSurrogatesShown: options.areSurrogatesShown ?? false,
      isSdpsOffered: options.isSdpsOffered ?? false,
      limits: { leaseWaitMsMax: 0, ...options.limits },
      ...(options.policyBounds !== undefined && { policyBounds: () => options.policyBounds ?? NO_BOUNDS }),
      isPlaintextLoginAllowed: () => options.isPlaintextLoginAllowed ?? true,
      ...(options.clock !== undefined && { clock: options.clock }),
    };
    const host = "127.0.0.1";
    const plain = (options.isTlsOffered ?? true) ? "starttls" : "none";
    const spoken = { protocol: options.protocol, isAdmitted: options.isAdmitted ?? (() => true) };
    const before = { isBalancer: options.isBalancer, preface: options.preface };
    const server = await servePop({
      ...common,
      certificates,
      listeners: [
        { name: "pop3", host, port: 0, tls: plain, ...before, ...spoken },
        { name: "pop3s", host, port: 0, tls: "implicit", ...before, ...spoken },
      ],
    });
    return new Lab(server, parts, resources);
  }

  port(listener: "pop3" | "pop3s"): number {
    const address = this.server.address(listener);
    if (address === undefined) throw new Error(`${listener} does not listen`);
    return address.port;
  }

  /** Connects in clear, and reads the greeting. */
  async connect(): Promise<LabClient> {
    const client = this.#kept(await LabClient.connect(this.port("pop3")));
    await client.line();
    return client;
  }

  /** Connects in clear to either port, and reads nothing. */
  async connectRaw(listener: "pop3" | "pop3s" = "pop3"): Promise<LabClient> {
    return this.#kept(await LabClient.connect(this.port(listener)));
  }

  /** Connects with TLS, and reads the greeting. */
  async connectTls(options: Parameters<typeof LabClient.connectTls>[1] = {}): Promise<LabClient> {
    const tls = { ...(await trust()), ...options };
    const client = this.#kept(await LabClient.connectTls(this.port("pop3s"), tls));
    await client.line();
    return client;
  }

  /** Whether somebody has the maildrop. */
  async isHeld(): Promise<boolean> {
    const holders = await this.leases.holders(1);
    return Array.isArray(holders) && holders.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.server.close();
    await this.#resources.disposeAsync();
  }

  #kept(client: LabClient): LabClient {
    this.#clients.push(client);
    return client;
  }
}

async function openLabCertificates(
  heard: LabEvents,
  resources: AsyncDisposableStack,
): Promise<CertificateStore> {
  const directory = resources.use(await CertificateDirectory.make());
  const files = await directory.put("server", await CERTIFICATE);
  const certificates = await openCertificateStore({ certificates: [files], events: heard.events });
  resources.defer(() => certificates.close());
  return certificates;
}

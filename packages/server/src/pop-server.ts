import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  firstInOrder,
  isMeant,
  type LiveSession,
  type PolicyBounds,
  plainAddress,
  type SessionHost,
  type SessionQuery,
} from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import {
  type ConnectionEvents,
  ListenError,
  type PopEvents,
  type ServiceEvents,
  type SessionSummary,
} from "@poplar/telemetry";
import type { Accepted } from "./accepted.ts";
import type { CertificateStore } from "./certificate-store.ts";
import { type Clock, systemClock } from "./clock.ts";
import { TOO_MANY_CONNECTIONS } from "./connection-faults.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { PopConnection } from "./pop-connection.ts";
import type { PopListener, PopPorts, PopService } from "./pop-service.ts";
import { ProxiedConnections } from "./proxied-connections.ts";

export interface PopServerOptions {
  /** They share everything below. */
  readonly listeners: readonly PopListener[];
  /** Needed where a listener speaks TLS. The server does not close it. */
  readonly certificates?: CertificateStore | undefined;
  readonly ports: PopPorts;
  /** What differs from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ServerLimits>;
  readonly events: PopEvents & ConnectionEvents & Pick<ServiceEvents, "listening" | "draining">;
  /** Name of this host, for the greeting. */
  readonly hostname: string;
  /** Text after IMPLEMENTATION in CAPA; nothing is announced when absent. RFC 2449 §6.9. */
  readonly implementation?: string;
  /**
   * What CAPA says of EXPIRE and LOGIN-DELAY before login; nothing is said, and nobody is told more, when
   * absent.
   */
  readonly policyBounds?: () => PolicyBounds;
  /**
   * Clients may ask for envelopes by `*ENV`, as those of Demon Internet's SDPS do; they may not when absent.
   */
  readonly isSdpsOffered?: boolean;
  /** Clients that have not said UTF8 see surrogates of internationalised messages; `false` when absent. */
  readonly areSurrogatesShown?: boolean;
  /** Whether a client at this address may send a password in clear; nobody may when absent. RFC 8314 §4.1. */
  readonly isPlaintextLoginAllowed?: (address: string) => boolean;
  /** Unique over the fleet. */
  readonly newSessionId?: () => string;
  readonly clock?: Clock;
}

/** What the end of a server was like. */
export interface Drained {
  /** Sessions that had logged in and were ended before their QUIT; they deleted nothing. */
  readonly sessionsCut: number;
}

/** Listens for POP3 clients until it is drained or closed. */
export interface PopServer extends SessionHost {
  /** Connections now. */
  readonly sessions: number;
  /** Where a listener listens, as `host` and `port`; `undefined` when there is none of that name. */
  address(listener: string): { readonly host: string; readonly port: number } | undefined;
  /** Ends one session without UPDATE. @returns false when there is none of that id here. */
  endSession(sessionId: string, fault: Fault): boolean;
  /**
   * Stops accepting, sends away those who have not logged in, and lets the others finish for so many
   * milliseconds. Then they are cut off, without UPDATE. Resolves when every maildrop is given back.
   */
  drain(limitMs: number): Promise<Drained>;
  /** Drains without patience. */
  close(): Promise<Drained>;
}

/** Begins to listen. @throws ListenError when a port cannot be had; then nothing listens. */
export async function servePop(options: PopServerOptions): Promise<PopServer> {
  const server = new ListeningPopServer(options);
  try {
    for (const listener of options.listeners) await server.listen(listener);
  } catch (err) {
    await server.close();
    throw err;
  }
  return server;
}

const SHUTTING_DOWN: Fault = { fault: "shutting-down" };

const TAKEN_AWAY: Fault = { fault: "lease-lost" };

/** How long a QUIT may still be carried out, and a lease given back, when all others have been cut off. */
const updateMsMax = 10_000;

class ListeningPopServer implements PopServer {
  readonly #options: PopServerOptions;
  readonly #service: PopService;
  readonly #newSessionId: () => string;
  readonly #servers = new Map<string, Server>();
  readonly #proxied: ProxiedConnections;
  readonly #connections = new Map<string, PopConnection>();
  /** Those who wait for the last connection to end. */
  readonly #waiting = new Set<() => void>();

  constructor(options: PopServerOptions) {
    const clock = options.clock ?? systemClock;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = options;
    this.#newSessionId = options.newSessionId ?? randomUUID;
    this.#service = {
      ports: options.ports,
      limits,
      events: options.events,
      certificates: options.certificates,
      clock,
      wheel: new DeadlineWheel(clock),
      gate: new ConnectionGate(limits, clock),
      greetings: {
        pop3: `${options.hostname} POP3 server ready`,
        pop2: `${options.hostname} server ready`,
        pop1: `${options.hostname} server ready`,
      },
      implementation: options.implementation,
      policyBounds: options.policyBounds,
      areSurrogatesShown: options.areSurrogatesShown ?? false,
      isSdpsOffered: options.isSdpsOffered ?? false,
      isPlaintextLoginAllowed: options.isPlaintextLoginAllowed ?? (() => false),
    };
    const { gate, wheel } = this.#service;
    this.#proxied = new ProxiedConnections({ gate, wheel, handshakeSecondsMax: limits.handshakeSecondsMax });
    options.ports.leases.onBroken((sessionId) => this.endSession(sessionId, { fault: "lease-lost" }));
    options.ports.leases.onAsked((sessionId) => this.#connections.get(sessionId)?.yieldIfGone());
  }

  get sessions(): number {
    return this.#connections.size;
  }

  address(listener: string): { readonly host: string; readonly port: number } | undefined {
    const bound = this.#servers.get(listener)?.address();
    return typeof bound === "object" && bound !== null
      ? { host: bound.address, port: bound.port }
      : undefined;
  }

  endSession(sessionId: string, fault: Fault): boolean {
    const connection = this.#connections.get(sessionId);
    connection?.cut(fault);
    return connection !== undefined;
  }

  findSessions(query: SessionQuery): readonly LiveSession[] {
    const found: LiveSession[] = [];
    for (const { record } of this.#connections.values()) {
      const session = record.live();
      if (isMeant(session, query)) found.push(session);
    }
    return firstInOrder(found, query.limit);
  }

  endSessions(query: SessionQuery): readonly LiveSession[] {
    const found = this.findSessions(query);
    for (const { sessionId } of found) this.#connections.get(sessionId)?.cut(TAKEN_AWAY, "ended-by-operator");
    // Those who are just coming in are no sessions yet, and shall be none.
    for (const connection of this.#connections.values()) {
      const { entrance, login, isMeantAs } = connection.record;
      if (login === undefined && entrance.end(query, isMeantAs)) {
        connection.cut(TAKEN_AWAY, "ended-by-operator");
      }
    }
    return found;
  }

  async listen(listener: PopListener): Promise<void> {
    if (listener.tls === "implicit" && this.#options.certificates === undefined) {
      throw new Error(`${listener.name}: TLS needs a certificate`);
    }
    if ((listener.protocol ?? "pop3") !== "pop3" && listener.isAdmitted === undefined) {
      throw new Error(`${listener.name}: who may use an earlier version has to be said`);
    }
    // A client may say all it has to say, QUIT included, and close its side.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(listener, socket),
    );
    server.listen({ host: listener.host, port: listener.port });
    await once(server, "listening").catch((err: unknown) => {
      throw new ListenError(listener.name, `${listener.host}:${listener.port}`, err);
    });
    // Too many open files, say: those who are connected are served on.
    server.on("error", () => this.#refuse(listener.name, "", "accept-failed"));
    this.#servers.set(listener.name, server);
    const { host, port } = this.address(listener.name) ?? listener;
    this.#options.events.listening({ listener: listener.name, address: `${host}:${port}` });
  }

  drain(limitMs: number): Promise<Drained> {
    this.#options.events.draining({ protocol: "pop", sessions: this.sessions, limitSeconds: limitMs / 1000 });
    return this.#stop(limitMs);
  }

  close(): Promise<Drained> {
    return this.#stop(0);
  }

  async #stop(limitMs: number): Promise<Drained> {
    for (const server of this.#servers.values()) server.close();
    this.#proxied.close();
    for (const connection of this.#connections.values()) {
      if (!connection.isInTransaction) connection.cut(SHUTTING_DOWN);
    }
    await this.#untilAllEnded(limitMs);
    const sessionsCut = [...this.#connections.values()].filter(
      ({ isInTransaction }) => isInTransaction,
    ).length;
    for (const connection of this.#connections.values()) connection.cut(SHUTTING_DOWN);
    await this.#untilAllEnded(updateMsMax);
    for (const connection of this.#connections.values()) connection.destroy(SHUTTING_DOWN.fault);
    this.#service.wheel.close();
    return { sessionsCut };
  }

  async #untilAllEnded(limitMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const patience = new AbortController();
    const ended = new Promise<void>((resolve) => this.#waiting.add(resolve));
    await Promise.race([
      ended,
      sleep(limitMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
  }

  #accept(listener: PopListener, socket: Socket): void {
    // The one place that decides who the client is.
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const address = plainAddress(remoteAddress);
    if (listener.isBalancer?.(address) !== true) {
      this.#admit({ listener, socket, address, port: remotePort });
      return;
    }
    this.#proxied.await(socket, (outcome) => {
      if ("ends" in outcome) {
        const { client = address, clientPort = remotePort, local } = outcome.ends ?? {};
        this.#admit({ listener, socket, address: client, port: clientPort, localAddress: local });
      } else if (outcome.refusal !== "gone") {
        this.#refuse(listener.name, address, outcome.refusal);
      }
    });
  }

  #admit(arrival: Omit<Accepted, "sessionId">): void {
    const { listener, socket, address } = arrival;
    const refusal =
      listener.isAdmitted?.(address) === false ? "network-not-admitted" : this.#service.gate.enter(address);
    if (refusal === undefined) {
      this.#begin(new PopConnection(this.#service, { ...arrival, sessionId: this.#newSessionId() }));
      return;
    }
    this.#refuse(listener.name, address, refusal);
    socket.on("error", () => undefined);
    if (listener.tls !== "implicit" && refusal !== "network-not-admitted") socket.write(TOO_MANY_CONNECTIONS);
    socket.destroySoon();
  }

  #begin(connection: PopConnection): void {
    this.#connections.set(connection.record.sessionId, connection);
    this.#service.gate.expectLogin(connection);
    connection.begin((summary) => this.#ended(connection, summary));
  }

  #ended(connection: PopConnection, summary: SessionSummary): void {
    this.#connections.delete(summary.sessionId);
    this.#service.gate.leave(summary.address, connection);
    this.#options.events.sessionEnded(summary);
    if (this.#connections.size > 0) return;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #refuse(listener: string, address: string, reason: string): void {
    this.#options.events.connectionRefused({ listener, address, reason });
  }
}

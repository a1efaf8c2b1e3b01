import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Where a proxy passes connections on to. */
export type Upstream = { readonly host: string; readonly port: number } | { readonly path: string };

/** `up` is from the client to the server. */
export type Direction = "up" | "down";

/** What a proxy does to octets that it was to pass on. */
interface Fault {
  delayMs: number;
  isBlackHole: boolean;
}

/** Octets that a proxy holds back at most, per connection and direction; then TCP makes the sender wait. */
const heldOctetsMax = 256 * 1024;

/**
 * A TCP proxy that makes trouble on request: slow, silent, or gone. Everything it does lasts until `heal`,
 * and holds for connections that are open and for those to come.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #links = new Set<ProxiedLink>();
  readonly #faults: Readonly<Record<Direction, Fault>> = {
    up: { delayMs: 0, isBlackHole: false },
    down: { delayMs: 0, isBlackHole: false },
  };
  readonly #upstream: Upstream;
  #isRefusing = false;

  private constructor(server: Server, upstream: Upstream) {
    this.#server = server;
    this.#upstream = upstream;
    server.on("connection", (client: Socket) => this.#accept(client));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(upstream: Upstream): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TcpProxy(server, upstream);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return address.port;
  }

  /** Connections now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Lets each octet arrive so much later. */
  delay(direction: Direction, milliseconds: number): void {
    this.#faults[direction].delayMs = milliseconds;
  }

  /**
   * Lets nothing through; neither side hears that. What is sent meanwhile arrives after `heal`, if the link
   * lives.
   */
  blackHole(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#faults[direction].isBlackHole = true;
  }

  /** Resets connections on both sides; `share` of them, chosen by `random`. @returns how many. */
  cut(share = 1, random: () => number = Math.random): number {
    const chosen = [...this.#links].filter(() => share >= 1 || random() < share);
    for (const link of chosen) link.reset();
    return chosen.length;
  }

  /** Ends one direction of each connection, as a peer does that has said all; the other one goes on. */
  halfClose(direction: Direction): void {
    for (const link of this.#links) link.halfClose(direction);
  }

  /** Resets whoever is connected, and whoever connects. */
  refuse(): void {
    this.#isRefusing = true;
    this.cut();
  }

  /** Passes everything on again, what was held back first. */
  heal(): void {
    this.#isRefusing = false;
    for (const fault of Object.values(this.#faults)) Object.assign(fault, { delayMs: 0, isBlackHole: false });
    for (const link of this.#links) link.heal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#upstream, allowHalfOpen: true });
    const isServerPipe = "path" in this.#upstream;
    const link = new ProxiedLink({ client, server, isServerPipe, faults: this.#faults });
    this.#links.add(link);
    link.closed.addEventListener("abort", () => this.#links.delete(link));
  }
}

interface LinkParts {
  readonly client: Socket;
  readonly server: Socket;
  /** A Unix socket, which knows no reset. */
  readonly isServerPipe: boolean;
  readonly faults: Readonly<Record<Direction, Fault>>;
}

/** Two sockets, and what lies between them. */
class ProxiedLink {
  readonly #parts: LinkParts;
  readonly #flows: Readonly<Record<Direction, Flow>>;
  readonly #closed = new AbortController();

  constructor(parts: LinkParts) {
    const { client, server, faults } = parts;
    this.#parts = parts;
    this.#flows = {
      up: new Flow(client, server, faults.up),
      down: new Flow(server, client, faults.down),
    };
    for (const socket of [client, server]) {
      socket.on("error", () => this.reset());
      socket.on("close", () => this.#closeIfOver());
    }
  }

  /** Aborted when both sides are closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  reset(): void {
    const { client, server, isServerPipe } = this.#parts;
    resetSocket(client, true);
    resetSocket(server, !isServerPipe);
  }

  halfClose(direction: Direction): void {
    this.#flows[direction].end();
  }

  heal(): void {
    for (const flow of Object.values(this.#flows)) flow.release();
  }

  #closeIfOver(): void {
    if (this.#parts.client.closed && this.#parts.server.closed) this.#closed.abort();
  }
}

/** Node loses the handle of a socket that is reset while it connects, or after it has ended its side. */
function resetSocket(socket: Socket, isTcp: boolean): void {
  if (socket.destroyed) return;
  if (isTcp && !socket.connecting && !socket.writableEnded) socket.resetAndDestroy();
  else socket.destroy();
}

/** Octets, or the end of them, and when they may go on. */
interface Held {
  readonly piece: Buffer | "end";
  readonly dueMs: number;
}

/** Octets on their way from one socket to the other; they never overtake each other. */
class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #fault: Fault;
  #held: Held[] = [];
  #heldOctets = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, fault: Fault) {
    this.#from = from;
    this.#to = to;
    this.#fault = fault;
    from.on("data", (octets: Buffer) => this.#take(octets));
    from.on("end", () => this.#take("end"));
    to.on("drain", () => this.#resumeIfRoom());
  }

  end(): void {
    if (!this.#to.writableEnded) this.#to.end();
  }

  /** Passes on what was held back: the fault is over. */
  release(): void {
    this.#held = this.#held.map(({ piece }) => ({ piece, dueMs: 0 }));
    this.#passDue();
  }

  #take(piece: Buffer | "end"): void {
    const lastDueMs = this.#held.at(-1)?.dueMs ?? 0;
    this.#held.push({ piece, dueMs: Math.max(lastDueMs, performance.now() + this.#fault.delayMs) });
    if (piece !== "end") this.#heldOctets += piece.length;
    this.#passDue();
    if (this.#heldOctets >= heldOctetsMax) this.#from.pause();
  }

  #passDue(): void {
    clearTimeout(this.#timer);
    if (this.#fault.isBlackHole) return;
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#passDue(), waitMs);
        break;
      }
      this.#held.shift();
      this.#pass(next.piece);
    }
    this.#resumeIfRoom();
  }

  #pass(piece: Buffer | "end"): void {
    if (piece !== "end") this.#heldOctets -= piece.length;
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (piece === "end") this.#to.end();
    else if (!this.#to.write(piece)) this.#from.pause();
  }

  #resumeIfRoom(): void {
    if (this.#heldOctets < heldOctetsMax && !this.#to.writableNeedDrain) this.#from.resume();
  }
}

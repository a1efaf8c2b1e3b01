import type { Socket } from "node:net";
import type { ConnectionGate, GateRefusal, Handshake } from "./connection-gate.ts";
import type { DeadlineWheel, Timed } from "./deadline-wheel.ts";
import { type ProxiedEnds, parseProxyHeader } from "./proxy-header.ts";

/** Why a connection through a balancer comes to nothing. */
export type ProxyRefusal = "proxy-header-malformed" | "proxy-header-timeout" | GateRefusal;

/** What became of a header: the ends that it names, if any; `gone` when there was not even a part of one. */
export type ProxyOutcome =
  | { readonly ends: ProxiedEnds | undefined }
  | { readonly refusal: ProxyRefusal | "gone" };

/** What reading headers takes; a header counts as a handshake. */
interface Bounds {
  readonly gate: ConnectionGate;
  readonly wheel: DeadlineWheel;
  readonly handshakeSecondsMax: number;
}

/** Connections through a balancer that has not said yet for whom. Nothing else happens on them before. */
export class ProxiedConnections {
  readonly #bounds: Bounds;
  readonly #awaited = new Set<AwaitedHeader>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /**
   * Reads the header. What follows it on the socket is left unread.
   *
   * @param settled called once; the socket is destroyed when there is no header.
   */
  await(socket: Socket, settled: (outcome: ProxyOutcome) => void): void {
    const { gate } = this.#bounds;
    const awaited = new AwaitedHeader(socket, this.#bounds, (outcome) => {
      this.#awaited.delete(awaited);
      gate.endHandshake(awaited);
      settled(outcome);
    });
    const refusal = gate.beginHandshake(awaited);
    if (refusal !== undefined) {
      socket.destroy();
      settled({ refusal });
      return;
    }
    this.#awaited.add(awaited);
    awaited.begin();
  }

  /** Cuts those off that still wait. */
  close(): void {
    for (const awaited of this.#awaited) awaited.end("gone");
  }
}

class AwaitedHeader implements Timed, Handshake {
  deadlineMs = 0;
  wheelSlot: number | undefined;
  readonly #socket: Socket;
  readonly #bounds: Bounds;
  readonly #settled: (outcome: ProxyOutcome) => void;
  #held: Uint8Array = new Uint8Array(0);
  #isOver = false;

  constructor(socket: Socket, bounds: Bounds, settled: (outcome: ProxyOutcome) => void) {
    this.#socket = socket;
    this.#bounds = bounds;
    this.#settled = settled;
  }

  begin(): void {
    const { wheel, handshakeSecondsMax } = this.#bounds;
    wheel.set(this, handshakeSecondsMax);
    this.#socket.on("readable", this.#read).on("end", this.#left).on("close", this.#left);
    this.#socket.on("error", ignore);
  }

  expire(): void {
    this.end("proxy-header-timeout");
  }

  giveWay(): void {
    this.end("too-many-handshakes");
  }

  end(refusal: ProxyRefusal | "gone"): void {
    if (this.#isOver) return;
    this.#letGo();
    // Whatever else it may say shall not be a bug.
    this.#socket.on("error", ignore);
    this.#socket.destroy();
    this.#settled({ refusal });
  }

  readonly #left = (): void => this.end(this.#held.length === 0 ? "gone" : "proxy-header-malformed");

  readonly #read = (): void => {
    const octets: unknown = this.#socket.read();
    if (!(octets instanceof Uint8Array)) return;
    this.#held = this.#held.length === 0 ? octets : Buffer.concat([this.#held, octets]);
    const header = parseProxyHeader(this.#held);
    if (header === "incomplete") return;
    if (header === "malformed") {
      this.end("proxy-header-malformed");
      return;
    }
    this.#letGo();
    const rest = this.#held.subarray(header.octets);
    if (rest.length > 0) this.#socket.unshift(rest);
    this.#settled({ ends: header.ends });
  };

  #letGo(): void {
    this.#isOver = true;
    this.#bounds.wheel.remove(this);
    this.#socket.off("readable", this.#read).off("end", this.#left).off("close", this.#left);
    this.#socket.off("error", ignore);
  }
}

const ignore = (): void => undefined;

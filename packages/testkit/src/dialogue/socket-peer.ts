import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Peer } from "./venue.ts";

/** Where a real server listens, and how to trust it. */
export interface SocketPeerOptions {
  readonly host: string;
  readonly port: number;
  /** The connection begins with TLS. */
  readonly isTls: boolean;
  /** For both kinds of handshake, e.g. `{ ca, servername }`. */
  readonly tls: ConnectionOptions;
  /** The client's own address, where it matters. */
  readonly localAddress?: string;
}

/** Connects to a real server over TCP, or over TLS. `dispose` cuts the connection. */
export async function connectSocketPeer(options: SocketPeerOptions): Promise<SocketPeer> {
  const { host, port, localAddress } = options;
  const from = localAddress === undefined ? {} : { localAddress };
  const tcp = connectTcp({ host, port, noDelay: true, ...from });
  await once(tcp, "connect");
  const peer = new SocketPeer(tcp, options.tls);
  if (options.isTls) await peer.startTls();
  return peer;
}

/** A client's end of a TCP connection, with or without TLS. */
export class SocketPeer implements Peer {
  readonly #tcp: Socket;
  readonly #tls: ConnectionOptions;
  /** What is written to and read from: TCP, or TLS on top of it. */
  #socket: Socket;
  #arrived: Uint8Array[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(tcp: Socket, tls: ConnectionOptions) {
    this.#tcp = tcp;
    this.#tls = tls;
    this.#socket = tcp;
    this.#listen(tcp);
  }

  async send(octets: Uint8Array): Promise<void> {
    // A server may close while a dialogue still talks: what it sent before then says how that went.
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => this.#socket.write(octets, () => resolve()));
  }

  async receive(): Promise<Uint8Array | undefined> {
    while (this.#arrived.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrived.shift();
  }

  async startTls(): Promise<void> {
    if (this.#arrived.length > 0) throw new Error("octets came in clear behind the reply to STLS");
    this.#tcp.removeAllListeners("data").removeAllListeners("close");
    const socket = connectTls({ ...this.#tls, socket: this.#tcp });
    await once(socket, "secureConnect");
    this.#socket = socket;
    this.#listen(socket);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(resolve));
  }

  async reset(): Promise<void> {
    this.#tcp.resetAndDestroy();
  }

  /** Cuts the connection, if it is still there. */
  dispose(): void {
    this.#socket.destroy();
    this.#tcp.destroy();
  }

  #listen(socket: Socket): void {
    socket.on("data", (octets: Buffer) => {
      this.#arrived.push(octets);
      this.#wake();
    });
    // A server that closes with octets unread makes TCP send a reset: it is closed all the same.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }
}

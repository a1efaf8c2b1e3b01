import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type ClientCertificate, type Peer, plainAddress } from "@poplar/maildrop";
import { channelBindings } from "./channel-bindings.ts";
import { clientCertificate } from "./client-certificate.ts";

/** What is known of a client besides what its socket knows. */
export interface PeerFacts {
  readonly sessionId: string;
  readonly address: string;
  /** The port that it comes from. */
  readonly port: number | undefined;
  /** Our own address that it connected to, where a balancer has said so. */
  readonly localAddress: string | undefined;
  readonly listener: string;
  readonly isPlaintextAllowed: boolean;
}

const NO_BINDINGS: ReadonlyMap<string, Uint8Array> = new Map();

/**
 * The client at the other end of a socket, as an authenticator sees it. TLS is asked only when somebody wants
 * to know.
 */
export class ConnectionPeer implements Peer {
  readonly sessionId: string;
  readonly address: string;
  readonly port: number | undefined;
  readonly listener: string;
  readonly isPlaintextAllowed: boolean;
  readonly localAddress: string | undefined;
  readonly #secure: TLSSocket | undefined;

  constructor(socket: Socket, facts: PeerFacts) {
    this.sessionId = facts.sessionId;
    this.address = facts.address;
    this.port = facts.port;
    this.listener = facts.listener;
    this.isPlaintextAllowed = facts.isPlaintextAllowed;
    const localAddress = facts.localAddress ?? socket.localAddress;
    this.localAddress = localAddress === undefined ? undefined : plainAddress(localAddress);
    this.#secure = socket instanceof TLSSocket ? socket : undefined;
  }

  get isTlsActive(): boolean {
    return this.#secure !== undefined;
  }

  /** Node puts it, or `false`, on the socket of a server. */
  get serverName(): string | undefined {
    const secure = this.#secure;
    if (secure === undefined || !("servername" in secure)) return undefined;
    return typeof secure.servername === "string" ? secure.servername : undefined;
  }

  channelBindings(): ReadonlyMap<string, Uint8Array> {
    return this.#secure === undefined ? NO_BINDINGS : channelBindings(this.#secure);
  }

  clientCertificate(): ClientCertificate | undefined {
    return this.#secure && clientCertificate(this.#secure);
  }
}

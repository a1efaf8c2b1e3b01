import type { Socket } from "node:net";
import type { PopListener } from "./pop-service.ts";

/** A connection as it was accepted. The address is that of the client, whoever passed it on. */
export interface Accepted {
  readonly sessionId: string;
  readonly listener: PopListener;
  readonly socket: Socket;
  readonly address: string;
  /** The port that the client comes from. */
  readonly port: number | undefined;
  /** Our own address that it connected to, where the socket does not know: a balancer has said so. */
  readonly localAddress?: string | undefined;
}

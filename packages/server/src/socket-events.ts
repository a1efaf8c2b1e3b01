import type { Duplex } from "node:stream";

/** Who is told what happens on a socket. */
export interface SocketOwner {
  received(octets: Buffer): void;
  /** The client will send no more; it may still be reading. */
  inputEnded(): void;
  drained(): void;
  failed(err: Error): void;
  closed(): void;
}

const owner: unique symbol = Symbol("owner");

type Owned = Duplex & { [owner]?: SocketOwner | undefined };

// One set of functions for all connections: ten thousand idle ones hold no closures.
function onData(this: Owned, octets: Buffer): void {
  this[owner]?.received(octets);
}
function onEnd(this: Owned): void {
  this[owner]?.inputEnded();
}
function onDrain(this: Owned): void {
  this[owner]?.drained();
}
function onError(this: Owned, err: Error): void {
  this[owner]?.failed(err);
}
function onClose(this: Owned): void {
  this[owner]?.closed();
}

/**
 * Tells `to` from now on when the socket fails, ends, drains and closes; of octets only after `startReading`.
 */
export function own(socket: Owned, to: SocketOwner): void {
  socket[owner] = to;
  socket.on("end", onEnd);
  socket.on("drain", onDrain);
  socket.on("error", onError);
  socket.on("close", onClose);
}

export function startReading(socket: Duplex): void {
  socket.on("data", onData);
}

/** Tells nobody any more. Failures are still caught: another socket on top of this one reports them. */
export function disown(socket: Owned): void {
  socket[owner] = undefined;
  socket.removeListener("data", onData);
  socket.removeListener("end", onEnd);
  socket.removeListener("drain", onDrain);
  socket.removeListener("close", onClose);
}

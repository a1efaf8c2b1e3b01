import { Socket } from "node:net";

/** What one read may bring. */
const readOctetsMax = 256 * 1024;

/** All connections read into it: what has come is taken before anything else is read. */
const readBuffer = Buffer.allocUnsafeSlow(readOctetsMax);

/**
 * A connection to Postgres that reads into one buffer again and again.
 *
 * Otherwise Node makes a buffer for each read, outside of the heap, and each time some tens of megabytes of
 * them have come together V8 marks the whole heap: for big messages that took longer than to send them.
 */
export class LaneSocket {
  readonly stream: Socket;
  /** `pg` keeps what it hears while it connects. */
  #hear: (octets: Buffer) => void = (octets) => this.stream.emit("data", Buffer.from(octets));

  constructor() {
    const callback = (octets: number): true => {
      this.#hear(readBuffer.subarray(0, octets));
      return true;
    };
    this.stream = new Socket({ onread: { buffer: readBuffer, callback } });
  }

  /** Tells what comes from now on, in the place of "data". The octets change when `hear` has returned. */
  takeOver(hear: (octets: Buffer) => void): void {
    this.#hear = hear;
  }
}

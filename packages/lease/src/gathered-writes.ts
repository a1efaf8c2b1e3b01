import type { Socket } from "node:net";
import { Redis } from "ioredis";
import type { RedisConnection } from "./redis-connection.ts";

/**
 * Lets the commands of one turn of the event loop leave in one write: many sessions begin and end in each,
 * and a write to a socket costs more than all that is in it. A Cluster's connections are left as they are.
 */
export class GatheredWrites {
  readonly #connection: RedisConnection;
  #gathering: Socket | undefined;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** To be called before a command. */
  gather(): void {
    if (this.#gathering !== undefined || !(this.#connection instanceof Redis)) return;
    const { stream } = this.#connection;
    this.#gathering = stream;
    stream.cork();
    setImmediate(() => {
      this.#gathering = undefined;
      stream.uncork();
    });
  }
}

import {
  type FleetSessions,
  firstInOrder,
  type SessionHost,
  type SessionQuery,
  type SessionRegistry,
} from "@poplar/maildrop";

/**
 * The twin of the Redis registry for one process.
 *
 * @param node name of this process.
 */
export const createMemorySessionRegistry = (node: string): SessionRegistry => new MemorySessionRegistry(node);

class MemorySessionRegistry implements SessionRegistry {
  readonly #node: string;
  readonly #hosts: SessionHost[] = [];

  constructor(node: string) {
    this.#node = node;
  }

  join(host: SessionHost): void {
    this.#hosts.push(host);
  }

  async findSessions(query: SessionQuery): Promise<FleetSessions> {
    return this.#answer((host) => host.findSessions(query), query.limit);
  }

  async endSessions(query: SessionQuery): Promise<FleetSessions> {
    // Each host has kept to the limit: what is ended is ended, and is told.
    return this.#answer((host) => host.endSessions(query), Number.POSITIVE_INFINITY);
  }

  async close(): Promise<void> {
    this.#hosts.length = 0;
  }

  #answer(ask: (host: SessionHost) => ReturnType<SessionHost["findSessions"]>, limit: number): FleetSessions {
    const node = { node: this.#node };
    const sessions = this.#hosts.flatMap(ask).map((session) => Object.assign({}, session, node));
    return { sessions: firstInOrder(sessions, limit), silentNodes: [] };
  }
}

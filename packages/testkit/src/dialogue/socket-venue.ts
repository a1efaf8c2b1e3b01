import type { Fixture } from "./fixture.ts";
import { connectSocketPeer, type SocketPeer, type SocketPeerOptions } from "./socket-peer.ts";
import type { Venue } from "./venue.ts";

/** A real server that was set up from a fixture. */
export interface RunningServer extends AsyncDisposable {
  readonly address: SocketPeerOptions;
}

/** Plays dialogues against a real server. `start` sets one up for each fixture, or gives a fixture to one that runs. */
export function socketVenue(options: {
  readonly name: string;
  readonly isTls: boolean;
  start(fixture: Fixture): Promise<RunningServer>;
}): Venue {
  const { name, isTls } = options;
  return {
    name,
    isTls,
    canFail: false,
    setUp: async (fixture) => {
      const server = await options.start(fixture);
      const peers: SocketPeer[] = [];
      return {
        connect: async () => {
          const peer = await connectSocketPeer(server.address);
          peers.push(peer);
          return peer;
        },
        [Symbol.asyncDispose]: async () => {
          for (const peer of peers) peer.dispose();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  };
}

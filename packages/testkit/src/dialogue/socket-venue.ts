import type { Fixture } from "./fixture.ts";
import { connectSocketPeer, type SocketPeer, type SocketPeerOptions } from "./socket-peer.ts";
import type { Peer, Venue } from "./venue.ts";

/** A real server that was set up from a fixture. */
export interface RunningServer extends AsyncDisposable {
  readonly address: SocketPeerOptions;
}

export interface SocketVenueOptions {
  readonly name: string;
  readonly isTls: boolean;
  /** `start` sees to the `failures` of a fixture. */
  readonly canFail: boolean;
  /** Each octet is a segment of its own. */
  readonly isCut: boolean;
  /** Sets a server up, or gives the fixture to one that runs. */
  readonly start: (fixture: Fixture) => Promise<RunningServer>;
}

/** Plays dialogues against a real server. */
export function socketVenue({ name, isTls, canFail, isCut, start }: SocketVenueOptions): Venue {
  return {
    name,
    isTls,
    canFail,
    setUp: async (fixture) => {
      const server = await start(fixture);
      const peers: SocketPeer[] = [];
      return {
        connect: async () => {
          const peer = await connectSocketPeer(server.address);
          peers.push(peer);
          return isCut ? cutAtEveryOctet(peer) : peer;
        },
        [Symbol.asyncDispose]: async () => {
          for (const peer of peers) peer.dispose();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  };
}

const cutAtEveryOctet = (peer: Peer): Peer => ({
  send: async (octets) => {
    for (const octet of octets) await peer.send(Uint8Array.of(octet));
  },
  receive: () => peer.receive(),
  startTls: () => peer.startTls(),
  close: () => peer.close(),
  reset: () => peer.reset(),
});

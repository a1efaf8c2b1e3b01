import { readdirSync } from "node:fs";
import { test } from "node:test";
import {
  connectSocketPeer,
  type Dialogue,
  envelopeOf,
  type FailingEffect,
  type Fixture,
  isPlayable,
  type Peer,
  play,
  readDialogues,
  type SocketPeer,
  type Venue,
} from "@poplar/testkit";
import { Lab, trust } from "./lab.ts";
import { labBoards, labMarks } from "./lab-boards.ts";

interface Wire {
  readonly name: string;
  readonly isTls: boolean;
  /** Octets are sent one by one. */
  readonly isCut: boolean;
}

const WIRES: readonly Wire[] = [
  { name: "TCP", isTls: false, isCut: false },
  { name: "TLS", isTls: true, isCut: false },
  { name: "TCP, cut at every octet", isTls: false, isCut: true },
];

const DIALOGUES = new URL("../../packages/protocol/tests/dialogues/", import.meta.url);

// The specification of the protocol, played on real sockets.
for (const file of readdirSync(DIALOGUES)) {
  for (const dialogue of readDialogues(new URL(file, DIALOGUES))) {
    for (const wire of WIRES) {
      const venue = venueOf(wire);
      if (!isPlayable(dialogue, venue) || isBrokenOff(dialogue, wire)) continue;
      test(`${file}: ${dialogue.name} (${wire.name})`, async () => {
        await using stage = await venue.setUp(dialogue.fixture);
        await play(dialogue, stage);
      });
    }
  }
}

/**
 * What comes in clear after the segment of STLS is taken for part of the handshake, which then fails: RFC
 * 2595 §4 is kept by closing, see tls.test.ts, and the dialogue cannot go on.
 */
function isBrokenOff(dialogue: Dialogue, wire: Wire): boolean {
  return wire.isCut && dialogue.statements.includes("T33");
}

function venueOf(wire: Wire): Venue {
  return {
    name: wire.name,
    isTls: wire.isTls,
    canFail: true,
    setUp: async (fixture) => {
      const lab = await startFrom(fixture);
      const peers: SocketPeer[] = [];
      return {
        connect: async () => {
          const peer = await connectSocketPeer({
            host: "127.0.0.1",
            port: lab.port(wire.isTls ? "pop3s" : "pop3"),
            isTls: wire.isTls,
            tls: await trust(),
          });
          peers.push(peer);
          return peerOn(wire, peer);
        },
        [Symbol.asyncDispose]: async () => {
          for (const peer of peers) peer.dispose();
          await lab[Symbol.asyncDispose]();
        },
      };
    },
  };
}

async function startFrom(fixture: Fixture): Promise<Lab> {
  const failures = [...fixture.failures];
  const failureOf = (effect: FailingEffect) =>
    failures[0]?.effect === effect ? failures.shift()?.fault : undefined;
  const lab = await Lab.start({
    isPlaintextLoginAllowed: fixture.isPlaintextLoginAllowed,
    isTlsOffered: fixture.isTlsOffered,
    areSurrogatesShown: fixture.areSurrogatesShown,
    isSdpsOffered: fixture.isSdpsOffered,
    marks: fixture.isLastOffered ? labMarks() : undefined,
    boards: labBoards(fixture, () => failureOf("open-board")),
    rpop: fixture.rpop,
    protocol: fixture.version,
    ...(fixture.terms !== undefined && {
      policyBounds: {
        retentionDaysMin: fixture.terms.all.retentionDays,
        loginDelaySecondsMax: fixture.terms.all.loginDelaySeconds,
      },
    }),
    limits: { faultsMax: 1000, leaseWaitMsMax: 1000 },
  });
  lab.store.deliver(...fixture.messages);
  lab.store.envelopeOf = (number) => envelopeOf(fixture, number);
  lab.authenticator.offered = fixture.mechanisms;
  lab.authenticator.timestamp = fixture.apopTimestamp;
  if (fixture.terms !== undefined) {
    const { retentionDays, loginDelaySeconds } = fixture.terms.own;
    lab.authenticator.policy = { loginDelaySeconds, ...(retentionDays !== undefined && { retentionDays }) };
  }
  lab.authenticator.before = () => failureOf("authenticate");
  lab.store.beforeRead = () => failureOf("send-message");
  lab.store.beforeRemove = () => failureOf("update");
  return lab;
}

function peerOn(wire: Wire, peer: SocketPeer): Peer {
  return {
    // Without Nagle's algorithm, each octet is a segment of its own.
    send: async (octets) => {
      if (!wire.isCut) await peer.send(octets);
      else for (const octet of octets) await peer.send(Uint8Array.of(octet));
    },
    receive: () => peer.receive(),
    startTls: () => peer.startTls(),
    close: () => peer.close(),
    // Node cannot reset under TLS.
    reset: async () => (wire.isTls ? peer.dispose() : peer.reset()),
  };
}

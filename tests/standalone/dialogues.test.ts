import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Delivery } from "@poplar/maildrop";
import { WireEncoder } from "@poplar/protocol";
import { embeddedPostgresUrl, openStorage, type Storage } from "@poplar/storage";
import { deafEvents, silentLog } from "@poplar/storage/testing";
import {
  type Dialogue,
  type Fixture,
  hasUtf8Header,
  isPlayable,
  LOGIN,
  measureSurrogate,
  play,
  type RunningServer,
  readDialogues,
  socketVenue,
} from "@poplar/testkit";
import { Standalone } from "../fixtures/standalone.ts";

/** A server, and the way around its LMTP to its store. */
interface Stand {
  readonly server: Standalone;
  readonly storage: Storage;
}

const notHere = ["--plaintext-login-networks=192.0.2.0/24"];
let clients = 0;
/** The server that fits a fixture: one lets passwords pass in clear, the other does not. */
const stands: { allowed?: Stand; refused?: Stand } = {};

before(async () => {
  [stands.allowed, stands.refused] = await Promise.all([openStand([]), openStand(notHere)]);
});
after(async () => {
  for (const stand of [stands.allowed, stands.refused]) {
    await stand?.storage.close();
    await stand?.server[Symbol.asyncDispose]();
  }
});

async function openStand(flags: readonly string[]): Promise<Stand> {
  const server = await Standalone.start({ flags });
  await server.call("POST", "/domains", { name: "example.test" });
  const connection = await embeddedPostgresUrl(server.dataDir);
  if (connection === undefined) throw new Error("no embedded database");
  const storage = await openStorage({ connection, log: silentLog, events: deafEvents });
  return { server, storage };
}

/** Puts a fresh maildrop behind the login that every dialogue uses. */
async function startFrom(fixture: Fixture, isTls: boolean): Promise<RunningServer> {
  const stand = fixture.isPlaintextLoginAllowed ? stands.allowed : stands.refused;
  if (stand === undefined) throw new Error("the server has not started");
  const { server, storage } = stand;
  clients += 1;
  await server.call("POST", "/logins", LOGIN);
  for (const message of fixture.messages) await store(storage, message, fixture.areSurrogatesShown);
  return {
    address: {
      host: "127.0.0.1",
      port: isTls ? server.ports.pop3s : server.ports.pop3,
      isTls,
      tls: { ca: readFileSync(server.certificateFile), servername: "localhost" },
      // Another client each time, as the server sees it: wrong passwords make it slow for whoever sent them.
      ...(process.platform === "linux" && {
        localAddress: `127.1.${Math.floor(clients / 250)}.${1 + (clients % 250)}`,
      }),
    },
    [Symbol.asyncDispose]: async () => {
      await server.call("DELETE", `/logins/${encodeURIComponent(LOGIN.name)}?fate=purge`);
    },
  };
}

/** Stores a message with nothing in front of it. */
async function store(storage: Storage, message: Uint8Array, isMeasured: boolean): Promise<void> {
  const resolved = await storage.deliveries.resolveRecipient(LOGIN.name);
  if ("deliveryFault" in resolved) throw new Error(resolved.deliveryFault);
  const encoder = new WireEncoder();
  const slices = [...encoder.encode(message), ...encoder.finish()];
  const { octets, headerWireOctets, wireOctets } = encoder;
  const delivery: Delivery = {
    reversePath: "sender@example.test",
    copies: [
      {
        resolved,
        traceHeader: new Uint8Array(),
        // What is not measured has no surrogate yet, and is refused.
        ...(isMeasured && { surrogateOctets: measureSurrogate(slices) }),
      },
    ],
    content: {
      octets,
      headerWireOctets,
      wireOctets,
      isInternationalised: hasUtf8Header(slices),
      slices: () => slices,
    },
  };
  const [outcome] = await storage.deliveries.deliver(delivery);
  if (typeof outcome !== "number") throw new Error(outcome?.deliveryFault);
}

const dialogues = new URL("../../packages/protocol/tests/dialogues/", import.meta.url);

/** A client is dismissed after so many. */
const faultsMax = 10;

/** Standalone always has a certificate, and none of the parts that a fixture can only script. */
function fitsStandalone({ fixture, steps }: Dialogue): boolean {
  const { version, isTlsOffered, mechanisms, apopTimestamp, terms, rpop, boards } = fixture;
  const isScripted =
    mechanisms.length > 0 ||
    fixture.isSdpsOffered ||
    fixture.isLastOffered ||
    [apopTimestamp, terms, rpop, boards].some((part) => part !== undefined);
  const faults = steps.filter(({ act }) => act.do === "expect-line" && act.pattern.startsWith("-ERR"));
  const isWithoutPolicies = steps.some(
    ({ act }) => act.do === "expect-lines" && act.without.some((line) => line.startsWith("EXPIRE")),
  );
  if (isWithoutPolicies) return false;
  return version === "pop3" && isTlsOffered && !isScripted && faults.length <= faultsMax;
}

/** About mechanisms that only a fixture has. */
const scripted = new Set(["rfc5034-auth.pop", "rfc1939-apop.pop", "sdps-env.pop"]);

// The specification of the protocol, played against the whole server.
for (const file of readdirSync(dialogues)) {
  if (scripted.has(file)) continue;
  for (const dialogue of readDialogues(new URL(file, dialogues))) {
    for (const isTls of [false, true]) {
      const name = isTls ? "standalone, TLS" : "standalone, TCP";
      const start = (fixture: Fixture): Promise<RunningServer> => startFrom(fixture, isTls);
      const venue = socketVenue({ name, isTls, canFail: false, isCut: false, start });
      if (!isPlayable(dialogue, venue) || !fitsStandalone(dialogue)) continue;
      test(`${file}: ${dialogue.name} (${name})`, async () => {
        await using stage = await venue.setUp(dialogue.fixture);
        await play(dialogue, stage);
      });
    }
  }
}

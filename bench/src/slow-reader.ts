import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { PopClient } from "./pop-client.ts";
import { startPoplar } from "./poplar-under-test.ts";
import { memoryOctets } from "./process-tree.ts";
import { big } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import type { KeyKind } from "./tls-certificate.ts";

/** What a front end's memory does while clients read big messages slowly. */
export interface SlowReading {
  readonly readers: number;
  /** Octets that all of them have read. */
  readonly octets: number;
  readonly seconds: number;
  /** Memory of the front end (PSS): before, and at most meanwhile. */
  readonly octetsBefore: number;
  readonly octetsMost: number;
}

/** What each reader asks for at once, and how fast all of them together read it. */
const wanted = { octetsOfAll: 1e9, octetsPerSecond: 40e6 };

const sliceMs = 50;
const limitSeconds = 120;

/** Lets clients pipeline RETR of big messages, a quarter of a gigabyte each, and read the answers slowly. */
export async function measureSlowReading(keyKind: KeyKind): Promise<SlowReading> {
  await using server = await startPoplar({ logins: big.firstLogin + big.logins, keyKind });
  await server.putMail(big);
  await readQuickly(server);
  const memory = (): number => memoryOctets([server.parts.get("pop3") ?? 0]);
  await server.collectGarbage?.();
  const octetsBefore = memory();
  let octetsMost = octetsBefore;
  const watch = setInterval(() => {
    octetsMost = Math.max(octetsMost, memory());
  }, 200);
  const startedMs = performance.now();
  try {
    const numbers = Array.from({ length: big.logins }, (_, index) => big.firstLogin + index);
    const read = await Promise.all(numbers.map(async (number) => readSlowly(server, number)));
    return {
      readers: read.length,
      octets: read.reduce((sum, octets) => sum + octets, 0),
      seconds: (performance.now() - startedMs) / 1000,
      octetsBefore,
      octetsMost,
    };
  } finally {
    clearInterval(watch);
  }
}

/** What V8 and the caches take for such messages they have taken before it counts. */
async function readQuickly(server: ServerUnderTest): Promise<void> {
  for (let index = 0; index < big.logins; index += 1) {
    const client = await PopClient.logIn(server, big.firstLogin + index, false);
    for (let number = 1; number <= big.messages; number += 1) {
      await client.say({ send: `RETR ${number}\r\n`, answers: 1, isMultiLine: true });
    }
    await client.quit();
  }
}

/** @returns octets that it has read. */
async function readSlowly(server: ServerUnderTest, number: number): Promise<number> {
  const share = 1 / big.logins;
  const retrievals = Math.ceil((wanted.octetsOfAll * share) / big.octets);
  const socket = connect(server.pop3Port, "127.0.0.1");
  await once(socket, "connect");
  const { name, password } = server.loginOf(number);
  const commands = Array.from({ length: retrievals }, (_, index) => `RETR ${1 + (index % big.messages)}\r\n`);
  socket.write(`USER ${name}\r\nPASS ${password}\r\n${commands.join("")}QUIT\r\n`);
  const startedMs = performance.now();
  let octets = 0;
  const chunks: AsyncIterable<Buffer> = socket;
  for await (const chunk of chunks) {
    octets += chunk.length;
    const aheadMs = (octets / (wanted.octetsPerSecond * share)) * 1000 - (performance.now() - startedMs);
    if (aheadMs > sliceMs) await delay(aheadMs);
    if (performance.now() - startedMs > limitSeconds * 1000) throw new Error("reading takes too long");
  }
  if (octets < retrievals * big.octets * 0.99) throw new Error(`only ${octets} octets came`);
  return octets;
}

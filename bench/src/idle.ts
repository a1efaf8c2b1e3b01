import { setTimeout as delay } from "node:timers/promises";
import { PopClient } from "./pop-client.ts";
import { memoryOctets } from "./process-tree.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Octets of memory that one more idle, logged-in connection costs, over all processes that serve. */
export async function idleOctets(
  server: ServerUnderTest,
  isTls: boolean,
  connections: number,
): Promise<number> {
  await using clients = new AsyncDisposableStack();
  const logIn = async (number: number): Promise<void> => {
    const client = await PopClient.logIn(server, number, isTls);
    clients.defer(() => client.close());
  };
  // The first ones pay for what all share.
  const warm = Math.floor(connections / 5);
  for (let number = 1; number <= warm; number += 1) await logIn(number);
  const before = await settledOctets(server);
  for (let number = warm + 1; number <= connections; number += 1) await logIn(number);
  return ((await settledOctets(server)) - before) / (connections - warm);
}

/** Memory when nothing goes on any more, and garbage is collected. */
async function settledOctets(server: ServerUnderTest): Promise<number> {
  await delay(settleMs);
  await server.collectGarbage?.();
  return memoryOctets([...server.parts.values()]);
}

/** Time for what a login leaves to be done after its answer. */
const settleMs = 2000;

import { setTimeout as delay } from "node:timers/promises";
import { PopClient } from "./pop-client.ts";
import { memoryOctets } from "./process-tree.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Octets of memory that one more idle, logged-in connection costs, over all processes that serve. */
export async function idleOctets(
  server: ServerUnderTest,
  isTls: boolean,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<number> {
  const clients: PopClient[] = [];
  const port = isTls ? server.pop3sPort : server.pop3Port;
  const logIn = async (number: number): Promise<void> => {
    const tls = isTls ? { session: undefined, onSession: () => undefined } : undefined;
    const client = await PopClient.open(port, tls);
    clients.push(client);
    const { name, password } = server.loginOf(number);
    await client.say({ send: `USER ${name}\r\n`, answers: 1, isMultiLine: false });
    await client.say({ send: `PASS ${password}\r\n`, answers: 1, isMultiLine: false });
  };
  try {
    // The first ones pay for what all share.
    const warm = first + Math.floor((last - first + 1) / 5);
    for (let number = first; number < warm; number += 1) await logIn(number);
    await delay(settleMs);
    const before = memoryOctets([...server.parts.values()]);
    for (let number = warm; number <= last; number += 1) await logIn(number);
    await delay(settleMs);
    return (memoryOctets([...server.parts.values()]) - before) / (last - warm + 1);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Long enough for a garbage collector that has nothing else to do. */
const settleMs = 3000;

import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Which process, and the port given to it with `--inspect-port`. */
export interface Inspectable {
  readonly pid: number;
  readonly inspectPort: number;
}

/**
 * Lets a process of Node collect its garbage, through its inspector, which a signal opens: memory is then
 * what it holds, not what V8 has not thought of giving back.
 */
export async function collectGarbage({ pid, inspectPort }: Inspectable): Promise<void> {
  process.kill(pid, "SIGUSR1");
  const socket = new WebSocket(await debuggerUrl(inspectPort));
  await once(socket, "open");
  const answered = once(socket, "message");
  socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
  await answered;
  socket.close();
  await once(socket, "close");
}

async function debuggerUrl(port: number): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is what an inspector answers
    const targets = (await answer?.json()) as
      | readonly { readonly webSocketDebuggerUrl: string }[]
      | undefined;
    const [target] = targets ?? [];
    if (target !== undefined) return target.webSocketDebuggerUrl;
    await delay(50);
  }
  throw new Error("the inspector does not answer");
}

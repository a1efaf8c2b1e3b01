import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { Lab, trust } from "./lab.ts";

interface Visit {
  readonly isResumed: boolean;
  /** The tickets that this session brought, not those that it came with. */
  readonly tickets: readonly Buffer[];
}

/** One POP session; its tickets are here before the answer to QUIT, since they were sent before it. */
async function visit(port: number, options: ConnectionOptions): Promise<Visit> {
  const socket = connect({ host: "127.0.0.1", port, ...(await trust()), ...options });
  const tickets: Buffer[] = [];
  socket.on("session", (ticket) => tickets.push(ticket));
  await once(socket, "secureConnect");
  const isResumed = socket.isSessionReused();
  socket.end("QUIT\r\n");
  socket.resume();
  await once(socket, "close");
  return { isResumed, tickets };
}

test("a client that uses each ticket once resumes every session (RFC 8446 §C.4)", async () => {
  await using lab = await Lab.start();
  const port = lab.port("pop3s");
  let { isResumed, tickets } = await visit(port, {});
  assert.equal(isResumed, false);
  for (let time = 0; time < 10; time += 1) {
    const session = tickets.at(-1);
    assert(session !== undefined, `no ticket after ${time} resumed sessions`);
    ({ isResumed, tickets } = await visit(port, { session }));
    assert.equal(isResumed, true, `session ${time}`);
  }
});

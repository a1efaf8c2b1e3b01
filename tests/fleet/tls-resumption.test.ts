import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { until } from "@poplar/testkit";
import { type Fleet, startFleet } from "./fleet.ts";

const SECRET = "one secret for all nodes of this fleet";

let fleet: Fleet;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "poplar-tls-"));
  fleet = await startFleet({
    pop3: 3,
    lmtp: 1,
    heartbeatTtlMs: 5000,
    // The third has no secret, and so keys of its own.
    flagsOf: (pop3) => (pop3 === 3 ? [] : [`--fleet-secret=${SECRET}`]),
  });
});

after(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  test(`a TLS session that began on one node is resumed on another (RFC 2595, ${version.slice(1)})`, async () => {
    const session = join(folder, `session${version}`);
    const [one, two, stranger] = fleet.pop3;
    assert(one !== undefined && two !== undefined && stranger !== undefined);
    // The keys are read from Redis in the first moments.
    await until("the ticket is taken", async () => {
      assert.match(await handshake(one.port, version, "-sess_out", session), /^New, /m);
      return /^Reused, /m.test(await handshake(two.port, version, "-sess_in", session));
    });
    assert.match(await handshake(one.port, version, "-sess_in", session), /^Reused, /m);
    assert.match(await handshake(stranger.port, version, "-sess_in", session), /^New, /m);
  });
}

/**
 * What `openssl s_client` says of a handshake after STLS; in TLS 1.3 tickets come behind it, with the first
 * answer.
 */
async function handshake(port: number, ...flags: readonly string[]): Promise<string> {
  const words = ["-ign_eof", "-starttls", "pop3", "-connect", `127.0.0.1:${port}`, ...flags];
  const client = spawn("openssl", ["s_client", ...words], { stdio: ["pipe", "pipe", "ignore"] });
  client.stdin.end("QUIT\r\n");
  return text(client.stdout);
}

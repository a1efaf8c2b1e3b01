import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { checkHistory, History } from "@poplar/testkit";
import { type FrontEnd, startFleet } from "./fleet.ts";
import { Random } from "./random.ts";
import { audit, deliver, Session, type Work } from "./workload.ts";

/** After `rise 2` checks HAProxy sends clients to a front end again; nothing tells when. */
const haproxyNoticesMs = 2000;

interface Tally {
  sessions: number;
  readonly failures: string[];
}

/**
 * Delivers, collects and deletes in a maildrop of its own, and counts each session that does not go as it
 * should.
 */
async function work({ history, ports, random, signal }: Work, maildrop: string, tally: Tally): Promise<void> {
  while (!signal.aborted) {
    tally.sessions += 1;
    const delivered = await deliver({ history, ports }, maildrop);
    if (delivered !== "acknowledged") tally.failures.push(`delivery: ${delivered}`);
    using session = await Session.open({ history, ports }, maildrop);
    if (session === undefined) {
      tally.failures.push("login");
      continue;
    }
    try {
      for (const { number } of await session.list()) {
        // People read, too.
        await delay(random.integer(0, 400));
        await session.retrieve(number);
        await session.mark(number);
      }
      const answer = await session.quit();
      if (answer?.startsWith("+OK") !== true) tally.failures.push(`QUIT: ${answer}`);
    } catch (err) {
      tally.failures.push(String(err));
    }
  }
}

async function restart(frontEnds: readonly (FrontEnd | undefined)[]): Promise<void> {
  await Promise.all(
    frontEnds.map(async (frontEnd) => {
      assert.equal(await frontEnd?.app.stop(), 0);
      await frontEnd?.app.start();
    }),
  );
  await delay(haproxyNoticesMs);
}

test("a rolling restart of all front ends under load costs no session, no delivery and no lease", async (t) => {
  await using fleet = await startFleet({ pop3: 4, lmtp: 2, heartbeatTtlMs: 1500 });
  const maildrops = await fleet.addLogins(12);
  const history = new History();
  const ports = { pop3: fleet.clients.pop3.port, lmtp: fleet.clients.lmtp.port };
  const over = new AbortController();
  const tally: Tally = { sessions: 0, failures: [] };
  const clients = maildrops.map(async (maildrop, index) =>
    work({ history, ports, maildrops, random: new Random(index), signal: over.signal }, maildrop, tally),
  );
  const { pop3, lmtp } = fleet;
  await restart([pop3[0], pop3[1], lmtp[0]]);
  await restart([pop3[2], pop3[3], lmtp[1]]);
  over.abort();
  await Promise.all(clients);
  for (const maildrop of maildrops) await audit({ history, ports }, maildrop);
  t.diagnostic(`${tally.sessions} sessions, ${tally.failures.length} failed`);
  assert.deepEqual(tally.failures, []);
  assert(tally.sessions > 100);
  assert.deepEqual(checkHistory(history.operations, { areLeasesKept: true }), []);
});

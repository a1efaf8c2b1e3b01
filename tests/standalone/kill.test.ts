import { ok } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { LmtpClient } from "../fixtures/lmtp-client.ts";
import { SeededChance } from "../fixtures/seeded-chance.ts";
import { Standalone, tryKill } from "../fixtures/standalone.ts";
import { Ledger, namedMessage } from "./kill-ledger.ts";

/** What was under way when the server was killed, over all rounds. */
interface Caught {
  retrievals: number;
  deletions: number;
  quits: number;
  deliveries: number;
}

const seed = Number(process.env["POPLAR_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const secondsMax = 35;

/** One life of the server: everything that clients do at once until it is killed. */
class Round {
  readonly #server: Standalone;
  readonly #chance: SeededChance;
  readonly #name: string;
  readonly #caught: Caught;
  #isOver = false;

  constructor(server: Standalone, chance: SeededChance, name: string, caught: Caught) {
    this.#server = server;
    this.#chance = chance;
    this.#name = name;
    this.#caught = caught;
  }

  end(): void {
    this.#isOver = true;
  }

  /** Delivers without a pause, one message after the other to two maildrops together, small and big ones. */
  async deliver(lane: string, ledgers: readonly [Ledger, Ledger]): Promise<void> {
    using client = await LmtpClient.connect(this.#server.ports.lmtp);
    for (let count = 0; !this.#isOver; count += 1) {
      const name = `${this.#name}-${lane}-${count}`;
      const octets = namedMessage(name, this.#chance.pick([100, 100, 5000, 5000, 50_000, 1_000_000]));
      for (const ledger of ledgers) ledger.send(name, octets);
      const recipients = ledgers.map(({ login }) => login);
      const replies = await client.send({ recipients, octets }).catch(() => undefined);
      if (replies === undefined) this.#caught.deliveries += 1;
      else if (replies.every((reply) => reply.startsWith("250 ")))
        for (const one of ledgers) one.delivered(name);
      else if (!this.#isOver) throw new Error(replies.join("; "));
    }
  }

  /** Retrieves, deletes some and quits, session after session. */
  async collect(ledger: Ledger): Promise<void> {
    while (!this.#isOver) {
      const step: { at: keyof Caught } = { at: "retrievals" };
      try {
        await this.#session(ledger, step);
      } catch (err) {
        if (!this.#isOver) throw err;
        this.#caught[step.at] += 1;
      }
    }
  }

  async #session(ledger: Ledger, step: { at: keyof Caught }): Promise<void> {
    using client = await this.#server.logIn(ledger.login);
    await client.ask("UIDL");
    const count = (await client.lines()).split("\r\n").length - 1;
    const doomed: string[] = [];
    for (let number = 1; number <= count; number += 1) {
      if (this.#chance.below(3) !== 0) continue;
      step.at = "retrievals";
      await client.ask(`RETR ${number}`);
      const name = /^X-Case: (.*)\r$/m.exec(await client.lines())?.[1] ?? "(nameless)";
      step.at = "deletions";
      await client.ask(`DELE ${number}`);
      doomed.push(name);
    }
    if (this.#chance.below(2) === 0) await delay(this.#chance.below(200));
    step.at = "quits";
    ledger.doom(doomed);
    const reply = await client.ask("QUIT");
    if (!reply.startsWith("+OK")) throw new Error(reply);
    ledger.deleted(doomed);
  }
}

test("kill -9 at any time: nothing lost, nothing deleted without +OK, nothing half visible", async (t) => {
  const chance = new SeededChance(seed);
  t.diagnostic(`POPLAR_TEST_SEED=${seed}`);
  const caught: Caught = { retrievals: 0, deletions: 0, quits: 0, deliveries: 0 };
  await using server = await Standalone.start({ flags: ["--log-level=warn", "--lease-wait-ms=0"] });
  const open = async (name: string): Promise<Ledger> => new Ledger(await server.addLogin(name));
  const [a, b, c, d] = [await open("a"), await open("b"), await open("c"), await open("d")];
  const giveUpAt = performance.now() + secondsMax * 1000;
  let rounds = 0;
  let databaseDeaths = 0;
  for (; rounds < 3 || performance.now() < giveUpAt; rounds += 1) {
    const round = new Round(server, chance, `round-${rounds}`, caught);
    const work = Promise.allSettled([
      round.deliver("x", [a, b]),
      round.deliver("y", [c, d]),
      round.collect(a),
      round.collect(c),
    ]);
    await delay(chance.below(1200));
    round.end();
    // Sometimes the database goes with it, as when the machine loses power.
    const postgresPid = chance.below(3) === 0 ? server.postgresPid : undefined;
    if (postgresPid !== undefined) tryKill(postgresPid, "SIGKILL");
    databaseDeaths += postgresPid === undefined ? 0 : 1;
    await server.process.kill();
    for (const outcome of await work)
      if (outcome.status === "rejected" && !isEnd(outcome.reason)) throw outcome.reason;

    await server.process.start();
    for (const ledger of [a, b, c, d]) await settle(server, ledger);
  }
  t.diagnostic(`${rounds} kills, ${databaseDeaths} of them with Postgres; caught ${JSON.stringify(caught)}`);
  ok(caught.deliveries > 0 && caught.retrievals + caught.deletions + caught.quits > 0);
});

/** Looks whether all promises were kept; then tidies up, so that the next look is quick. */
async function settle(server: Standalone, ledger: Ledger): Promise<void> {
  using client = await server.logIn(ledger.login);
  const present = await ledger.settle(client);
  const old = present.slice(0, -4);
  for (const index of old.keys()) ok((await client.ask(`DELE ${index + 1}`)).startsWith("+OK"));
  ledger.doom(old);
  ok((await client.ask("QUIT")).startsWith("+OK"));
  ledger.deleted(old);
}

/** A connection that could not be made any more. */
const isEnd = (reason: unknown): boolean => /ECONNREFUSED|ECONNRESET|closed/.test(String(reason));

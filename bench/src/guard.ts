import { parseArgs } from "node:util";
import { markdownTable } from "./markdown.ts";
import { measureOnce, openOnce } from "./measure.ts";
import { startNull } from "./null-under-test.ts";
import { type PoplarUnderTest, startPoplar } from "./poplar-under-test.ts";
import { generatorCore, pin, serverCore } from "./process-tree.ts";
import { quantile } from "./runs.ts";
import { type Scenario, scenarios } from "./scenario.ts";

/**
 * How many times as much CPU as the null server Poplar may take, by scenario. `npm run bench:guard` prints
 * what it takes now; a limit is that and a third more.
 *
 * Measured with nothing beside it, on a shared machine: 8.8, 6.3, 4.9 and 3.4; on another day, beside other
 * work, 7.4, 5.5, 3.7 and 2.3, and in single runs up to 9.5 for a login.
 */
const limits: ReadonlyMap<string, number> = new Map([
  ["login", 12.5],
  ["poll, 50 messages", 9],
  ["RETR 4 KB, pipelined", 6.5],
  ["RETR 75 KB, seen before", 5],
]);

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1.5" },
    help: { type: "boolean", default: false },
  },
});

const help = `npm run bench:guard -- [--rounds 5] [--seconds 1.5]

Says whether Poplar has become slower: the CPU that it takes for a unit of work, as a multiple of what a null
server with canned answers takes, in the same run on the same machine. Both are loaded in turn, so that what
else the machine does meets both; the median of the rounds counts. Ends with status 1 when a multiple is over
its limit, which stands in bench/src/guard.ts. Two minutes, on loopback only. Needs redis-server and openssl.`;

/** What came of one scenario. */
interface Verdict {
  readonly name: string;
  /** Medians of the rounds, milliseconds of one core for a unit. */
  readonly nullMs: number;
  readonly poplarMs: number;
  readonly ratio: number;
  readonly limit: number;
}

async function main(): Promise<void> {
  pin(process.pid, generatorCore);
  const logins = Math.max(...guarded().map(({ mail }) => mail.firstLogin + mail.logins - 1));
  await using poplar = await startPoplar({ logins, keyKind: "ec" });
  for (const pid of poplar.parts.values()) pin(pid, serverCore);
  const seeded = new Set<Scenario["mail"]>();
  const verdicts: Verdict[] = [];
  for (const scenario of guarded()) {
    if (!seeded.has(scenario.mail)) await poplar.putMail(scenario.mail);
    seeded.add(scenario.mail);
    verdicts.push(await judge(poplar, scenario));
  }
  report(verdicts);
}

const guarded = (): readonly Scenario[] => scenarios.filter(({ name }) => limits.has(name));

/** The first round warms up, and is not counted. */
async function judge(poplar: PoplarUnderTest, scenario: Scenario): Promise<Verdict> {
  await using empty = await startNull(scenario.mail, "ec");
  const options = { seconds: Number(values.seconds), runs: 1, concurrency: 16 };
  await openOnce(poplar, scenario);
  const rounds: { readonly nullMs: number; readonly poplarMs: number }[] = [];
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    const floor = await measureOnce(empty, scenario, options);
    const own = await measureOnce(poplar, scenario, options);
    if (round > 0) rounds.push({ nullMs: floor.cpuPerUnit * 1000, poplarMs: own.cpuPerUnit * 1000 });
  }
  const median = (all: readonly number[]): number =>
    quantile(
      all.toSorted((a, b) => a - b),
      0.5,
    );
  return {
    name: scenario.name,
    nullMs: median(rounds.map(({ nullMs }) => nullMs)),
    poplarMs: median(rounds.map(({ poplarMs }) => poplarMs)),
    ratio: median(rounds.map(({ nullMs, poplarMs }) => poplarMs / nullMs)),
    limit: limits.get(scenario.name) ?? 0,
  };
}

function report(verdicts: readonly Verdict[]): void {
  const lines = verdicts.map(({ name, nullMs, poplarMs, ratio, limit }) => [
    name,
    `${nullMs.toFixed(3)} ms`,
    `${poplarMs.toFixed(3)} ms`,
    ratio.toFixed(2),
    String(limit),
  ]);
  console.log(markdownTable(["work", "null server", "Poplar", "ratio", "limit"], lines));
  for (const { name, ratio, limit } of verdicts.filter((each) => each.ratio > each.limit)) {
    console.error(`${name}: ${ratio.toFixed(2)} times the null server, more than ${limit}`);
    process.exitCode = 1;
  }
}

if (values.help) console.log(help);
else await main();

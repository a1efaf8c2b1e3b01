/**
 * `npm run test:faults`: lets clients loose on a fleet in which one thing after the other fails, and checks
 * what they saw. Prints the seed, what was done and how often, and each broken promise.
 *
 *   --seconds 300 --clients 200 --maildrops 50 --seed N
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runHistory } from "../tests/fleet/history-run.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    clients: { type: "string", default: "200" },
    maildrops: { type: "string", default: "50" },
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
  },
});
const [seconds = 0, clients = 0, maildrops = 0, seed = 0] = [
  values.seconds,
  values.clients,
  values.maildrops,
  values.seed,
].map(positiveNumber);

console.log(`seed ${seed}: ${clients} clients over ${maildrops} maildrops for ${seconds} s`);
const report = await runHistory({ seconds, clients, maildrops, seed, pop3: 4, lmtp: 2 });
print("troubles", report.troubles);
print("operations", report.operations);
for (const { rule, maildrop, evidence } of report.violations) {
  console.log(`VIOLATED ${rule} in ${maildrop}: ${evidence}`);
}
console.log(`${report.violations.length} violations`);
process.exitCode = report.violations.length === 0 ? 0 : 1;

function positiveNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number <= 0) throw new RangeError(`${text} is not a positive number`);
  return number;
}

function print(title: string, counts: Readonly<Record<string, number>>): void {
  console.log(title);
  for (const [name, count] of Object.entries(counts)) console.log(`  ${String(count).padStart(8)}  ${name}`);
}

import { type Column, deliveryRow, idleRows } from "./column.ts";
import { measureDelivery } from "./delivery.ts";
import { idleOctets } from "./idle.ts";
import { deliverMail } from "./mail-seed.ts";
import { type Figure, type MeasureOptions, measure } from "./measure.ts";
import { figureWords, kilobytes, partWords } from "./page.ts";
import { pin } from "./process-tree.ts";
import { type Mail, scenarios } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** What is measured, and of which rows. */
export interface ColumnOptions extends MeasureOptions {
  /** The row of this name, or else those with this in their names. */
  readonly only: string;
  /** How many logins there are: so many connections are open when memory is measured. */
  readonly logins: number;
}

/** Maildrops from here on are empty in all rows. */
const idleFirst = 501;

/** The core of the server, where there are two. */
const serverCore = 0;

/** Measures a server, and stops it. Says on standard error how far it is. */
export async function measureColumn(
  start: () => Promise<ServerUnderTest>,
  options: ColumnOptions,
): Promise<Column> {
  await using server = await start();
  for (const pid of server.parts.values()) pin(pid, serverCore);
  const isExact = scenarios.some(({ name }) => name === options.only);
  const isChosen = (name: string): boolean => (isExact ? name === options.only : name.includes(options.only));
  const figures = new Map<string, Figure>();
  const seeded = new Set<Mail>();
  for (const scenario of scenarios.filter(({ name }) => isChosen(name))) {
    if (scenario.isDrain !== true && !seeded.has(scenario.mail)) {
      await deliverMail(server, scenario.mail);
      seeded.add(scenario.mail);
    }
    const figure = await measure(server, scenario, options);
    figures.set(scenario.name, figure);
    console.error(
      `${server.name}: ${scenario.name}: ${figureWords(scenario, figure)}${partWords(scenario, figure)}`,
    );
  }
  if (isChosen(deliveryRow)) {
    const figure = await measureDelivery(server, options);
    figures.set(deliveryRow, figure);
    const words = figureWords({ unit: "message" }, figure);
    console.error(`${server.name}: ${deliveryRow}: ${words}${partWords({ unit: "message" }, figure)}`);
  }
  const idle = new Map<string, number>();
  for (const [name, isTls] of idleRows) {
    if (!isChosen(name)) continue;
    const octets = await idleOctets(server, isTls, { first: idleFirst, last: options.logins });
    idle.set(name, octets);
    console.error(`${server.name}: ${name}: ${kilobytes(octets)}`);
  }
  return { name: server.name, figures, idle };
}

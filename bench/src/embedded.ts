import { startEmbedded } from "./embedded-under-test.ts";
import { type MeasureOptions, measure } from "./measure.ts";
import { pin, serverCore } from "./process-tree.ts";
import { type Cell, type Column, cellOf, cellWords, rowOf } from "./row.ts";
import { embeddedScenarios, login } from "./scenario.ts";

/** The column of `npm start`. */
export async function measureEmbedded(options: MeasureOptions): Promise<Column> {
  await using server = await startEmbedded(login.mail.logins);
  for (const pid of server.parts.values()) pin(pid, serverCore);
  await server.putMail(login.mail);
  const cells = new Map<string, Cell>();
  for (const scenario of embeddedScenarios) {
    const cell = cellOf(rowOf(scenario), await measure(server, scenario, options));
    cells.set(scenario.name, cell);
    console.error(`${server.name}: ${scenario.name}: ${cellWords(rowOf(scenario), cell)}`);
  }
  return { name: server.name, cells };
}

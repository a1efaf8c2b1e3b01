import { type MeasureOptions, measure } from "./measure.ts";
import { PopClient } from "./pop-client.ts";
import { type PoplarUnderTest, startPoplar } from "./poplar-under-test.ts";
import { pin, serverCore } from "./process-tree.ts";
import { login, poll, type Scenario } from "./scenario.ts";
import type { KeyKind } from "./tls-certificate.ts";

/** How the cost of a session grows with something. */
export interface Curve {
  readonly name: string;
  readonly by: string;
  readonly points: readonly Point[];
}

/** Milliseconds of one core for a session, where something has this size. */
export interface Point {
  readonly size: number;
  readonly ms: number;
}

/** Sessions are made as for the table. */
export interface GrowthOptions extends MeasureOptions {
  readonly keyKind: KeyKind;
}

/** Each curve is measured on a server of its own. */
export const growthCurves: ReadonlyMap<string, (options: GrowthOptions) => Promise<Curve>> = new Map([
  ["growth by messages", byMessages],
  ["growth by sessions", bySessions],
  ["growth by maildrops", byMaildrops],
]);

async function byMessages(options: GrowthOptions): Promise<Curve> {
  await using server = await started(100, options);
  const points: Point[] = [];
  for (const [index, size] of [10, 100, 1000, 10_000, 100_000].entries()) {
    const mail = { firstLogin: 1 + index * 2, logins: 2, messages: size, octets: 512 };
    await server.putMail(mail);
    points.push(await pointOf(size, server, poll(`poll, ${size} messages`, mail, 0), options));
  }
  return { name: "poll", by: "messages in the maildrop", points };
}

/** The first hundred logins are those that come and go. */
async function bySessions(options: GrowthOptions): Promise<Curve> {
  await using server = await started(10_100, options);
  await server.putMail(login.mail);
  await using clients = new AsyncDisposableStack();
  const points: Point[] = [];
  let open = 0;
  for (const size of [10, 100, 1000, 10_000]) {
    for (; open < size; open += 1) {
      const client = await PopClient.logIn(server, login.mail.logins + 1 + open, false);
      clients.defer(() => client.close());
    }
    points.push(await pointOf(size, server, login, options));
  }
  return { name: "login", by: "other sessions open", points };
}

async function byMaildrops(options: GrowthOptions): Promise<Curve> {
  await using server = await started(login.mail.logins, options);
  await server.putMail(login.mail);
  const points: Point[] = [];
  for (const size of [1000, 10_000, 100_000, 1_000_000]) {
    await server.database.addMaildrops(size);
    points.push(await pointOf(size, server, login, options));
  }
  return { name: "login", by: "maildrops in the database", points };
}

async function started(logins: number, { keyKind }: GrowthOptions): Promise<PoplarUnderTest> {
  const server = await startPoplar({ logins, keyKind, hasCheapPasswords: true });
  for (const pid of server.parts.values()) pin(pid, serverCore);
  return server;
}

/** Half the time of a row of the table: there are many points, and they are compared with each other only. */
async function pointOf(
  size: number,
  server: PoplarUnderTest,
  scenario: Scenario,
  options: GrowthOptions,
): Promise<Point> {
  const figure = await measure(server, scenario, { ...options, seconds: options.seconds / 2 });
  const ms = figure.cpuPerUnit * 1000;
  console.error(`growth: ${scenario.name} at ${size}: ${ms.toFixed(3)} ms`);
  return { size, ms };
}

import { deliverMail } from "./mail-seed.ts";
import { type MeasureOptions, measure } from "./measure.ts";
import { PopClient } from "./pop-client.ts";
import { startPoplar } from "./poplar-under-test.ts";
import { pin } from "./process-tree.ts";
import { poll, type Scenario, scenarios } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** How the cost of a session grows with something. */
export interface Curve {
  readonly name: string;
  readonly by: string;
  readonly points: readonly { readonly size: number; readonly seconds: number }[];
}

const [login] = scenarios;

/** Each curve on a server of its own. */
export async function growthCurves(options: MeasureOptions): Promise<readonly Curve[]> {
  return [await byMessages(options), await bySessions(options), await byMaildrops(options)];
}

async function byMessages(options: MeasureOptions): Promise<Curve> {
  await using server = await started(100);
  const points = [];
  for (const [index, size] of [10, 100, 1000, 10_000, 100_000].entries()) {
    const mail = { firstLogin: 1 + index * 2, logins: 2, messages: size, octets: 512 };
    await deliverMail(server, mail);
    points.push({ size, seconds: await cost(server, poll("poll", mail), options) });
  }
  return { name: "poll", by: "messages in the maildrop", points };
}

async function bySessions(options: MeasureOptions): Promise<Curve> {
  await using server = await started(10_100);
  const clients: PopClient[] = [];
  const points = [];
  try {
    for (const size of [10, 100, 1000, 10_000]) {
      // The first hundred logins are those that come and go.
      while (clients.length < size) clients.push(await loggedIn(server, 101 + clients.length));
      points.push({ size, seconds: await cost(server, login, options) });
    }
  } finally {
    for (const client of clients) client.close();
  }
  return { name: "login", by: "other sessions open", points };
}

async function byMaildrops(options: MeasureOptions): Promise<Curve> {
  await using server = await started(100);
  const points = [];
  for (const size of [1000, 10_000, 100_000, 1_000_000]) {
    await server.addMaildrops?.(size);
    points.push({ size, seconds: await cost(server, login, options) });
  }
  return { name: "login", by: "maildrops in the database", points };
}

async function started(logins: number): Promise<ServerUnderTest> {
  const server = await startPoplar(logins);
  for (const pid of server.parts.values()) pin(pid, 0);
  return server;
}

async function cost(
  server: ServerUnderTest,
  scenario: Scenario | undefined,
  options: MeasureOptions,
): Promise<number> {
  if (scenario === undefined) throw new Error("there are no scenarios");
  const figure = await measure(server, scenario, options);
  console.error(`growth: ${scenario.name}: ${(figure.cpuPerUnit * 1000).toFixed(3)} ms`);
  return figure.cpuPerUnit;
}

async function loggedIn(server: ServerUnderTest, number: number): Promise<PopClient> {
  const client = await PopClient.open(server.pop3Port, undefined);
  const { name, password } = server.loginOf(number);
  await client.say({ send: `USER ${name}\r\n`, answers: 1, isMultiLine: false });
  await client.say({ send: `PASS ${password}\r\n`, answers: 1, isMultiLine: false });
  return client;
}

import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { KERBEROS_DEFAULTS, KerberosAcceptor, MemoryReplayStore } from "@poplar/kerberos";
import { type KdcScope, type KerberosClient, withKdc } from "@poplar/testkit";

/** How many accepts are under way at a time, when as many as possible are made. */
const concurrency = 32;

const { values } = parseArgs({
  options: {
    accepts: { type: "string", default: "10000" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string", default: "10" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench:kerberos -- [--accepts 10000] [--rate 500] [--seconds 10]

Tickets accepted as KPOP does, each with an authenticator of its own, replay guard and file cache on:
memory over so many accepts, and how late the event loop is at a steady rate. Needs krb5-kdc krb5-admin-server krb5-user python3.`);
} else {
  await main();
}

async function main(): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const scope: KdcScope = { after: (callback) => opened.defer(async () => callback()) };
  const kdc = await withKdc(scope, { realms: 1 });
  const client = await kdc.login(scope, "alice@POPLAR.TEST");
  await client.fetch("pop", "localhost");
  using acceptor = await KerberosAcceptor.load(KERBEROS_DEFAULTS, new MemoryReplayStore());
  await showMemory(acceptor, client, Number(values.accepts));
  await showDelay(acceptor, client, { rate: Number(values.rate), seconds: Number(values.seconds) });
}

/** Made beforehand: the client shall cost nothing while the server is measured. */
async function apReqs(client: KerberosClient, count: number): Promise<Buffer[]> {
  const made: Buffer[] = [];
  while (made.length < count) made.push(await client.apReq("mutual"));
  return made;
}

async function accept(acceptor: KerberosAcceptor, apReq: Uint8Array): Promise<void> {
  const outcome = await acceptor.acceptKpop(apReq);
  if (outcome.outcome === "refused") throw new Error(`${outcome.why.refusal}: ${outcome.why.detail}`);
}

async function showMemory(acceptor: KerberosAcceptor, client: KerberosClient, count: number): Promise<void> {
  console.log("accepts   resident MiB   accepts/s");
  const batch = Math.ceil(count / 10);
  for (let done = 0; done < count; done += batch) {
    const queue = (await apReqs(client, batch)).values();
    const begun = performance.now();
    const lane = async (): Promise<void> => {
      for (const apReq of queue) await accept(acceptor, apReq);
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    const perSecond = batch / ((performance.now() - begun) / 1000);
    const resident = process.memoryUsage.rss() / 1_048_576;
    console.log(
      `${String(done + batch).padStart(7)}${resident.toFixed(1).padStart(15)}${perSecond.toFixed(0).padStart(12)}`,
    );
  }
}

async function showDelay(
  acceptor: KerberosAcceptor,
  client: KerberosClient,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<void> {
  const queue = (await apReqs(client, rate * seconds)).values();
  const lateness = monitorEventLoopDelay({ resolution: 1 });
  const begun = performance.now();
  const underWay: Promise<void>[] = [];
  let sent = 0;
  lateness.enable();
  for (const apReq of queue) {
    underWay.push(accept(acceptor, apReq));
    sent += 1;
    const ahead = begun + (sent / rate) * 1000 - performance.now();
    if (ahead > 1) await delay(ahead);
  }
  await Promise.all(underWay);
  lateness.disable();
  const took = (performance.now() - begun) / 1000;
  const [p50, p99, max] = [lateness.percentile(50), lateness.percentile(99), lateness.max].map(
    (nanoseconds) => (nanoseconds / 1e6).toFixed(1),
  );
  console.log(`\n${(sent / took).toFixed(0)} accepts/s for ${took.toFixed(1)} s: event loop delay in ms`);
  console.log(`p50 ${p50}   p99 ${p99}   max ${max}   (1 of it is the resolution)`);
}

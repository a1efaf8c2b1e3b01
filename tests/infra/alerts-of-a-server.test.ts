import { deepStrictEqual, match, ok, partialDeepStrictEqual, strictEqual } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type DisposableRedis, withRedis } from "@poplar/lease/testing";
import { until } from "@poplar/testkit";
import { password, Standalone } from "../fixtures/standalone.ts";
import { SystemPostgres } from "../fixtures/system-postgres.ts";
import { LabClient } from "../server/lab-client.ts";
import { alertRules, Prometheus } from "./prometheus.ts";

/** Alerts that alerts.test.ts sets off by what is wrong with a real server. */
const elsewhere = [
  "PoplarCertificateExpires",
  "PoplarConnectionsRefused",
  "PoplarDependencyDown",
  "PoplarDown",
];

/** A library with a bug: one of ours a test would not describe but mend. */
const failingLibrary = new URL("failing-library.ts", import.meta.url).href;

const caused: string[] = [];
const message = Buffer.from("Subject: one\r\n\r\nOne.\r\n");

let postgres: SystemPostgres;
let redis: DisposableRedis;
let shared: readonly string[];
let server: Standalone;
let prometheus: Prometheus;
let login: string;
const ending: (() => Promise<void>)[] = [];

before(async () => {
  postgres = await SystemPostgres.start();
  redis = await withRedis({ after: (done) => ending.push(done) });
  await postgres.tool("createdb", ["poplar"]);
  shared = [`--postgres-url=${postgres.url("poplar")}`, `--redis-url=${redis.url}`, "--drain-seconds=1"];
  server = await Standalone.start({ flags: [...shared, "--lease-wait-ms=0"] });
  login = await server.addLogin("alice");
  prometheus = await Prometheus.start([server.ports.http]);
});
after(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  for (const end of ending) await end();
  await postgres?.[Symbol.asyncDispose]();
});

/** A test that an alert fires because of something, and not because of what was before. */
function alertTest(alert: string, cause: string, run: () => Promise<void>): void {
  caused.push(alert);
  test(`${alert}: ${cause}`, { timeout: 150_000 }, async () => {
    await prometheus.untilQuiet(alert);
    await run();
  });
}

async function tryToLogIn(name: string, secret: string, address = "127.0.0.1"): Promise<void> {
  using client = await LabClient.connect(server.ports.pop3, address);
  await client.line();
  await client.ask(`USER ${name}`);
  await client.ask(`PASS ${secret}`);
}

alertTest("PoplarDeliveriesRefused", "mail comes for people who are not there", async () => {
  const deliver = (): Promise<void> => server.deliver(message, "nobody@example.test");
  await prometheus.untilFiringWhile("PoplarDeliveriesRefused", deliver);
});

alertTest("PoplarTlsFails", "clients speak to the port of TLS without it", async () => {
  await prometheus.untilFiringWhile("PoplarTlsFails", async () => {
    const socket = connect(server.ports.pop3s, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.end("USER alice\r\n");
    await once(socket, "close");
  });
});

alertTest("PoplarLoginsRefused", "passwords are guessed; that alone sets off nothing else", async () => {
  await prometheus.untilQuiet("PoplarTlsFails");
  await prometheus.untilQuiet("PoplarDeliveriesRefused");
  let guesses = 0;
  const guess = async (): Promise<void> => {
    guesses += 1;
    await tryToLogIn(`guess-${guesses}@example.test`, "wrong", "127.0.0.2");
  };
  const several = (): Promise<unknown> => Promise.all([guess(), guess(), guess()]);
  const firing = await prometheus.untilFiringWhile("PoplarLoginsRefused", several);
  deepStrictEqual(firing, new Set(["PoplarLoginsRefused"]));
});

alertTest("PoplarMaildropsInUse", "two programs want one maildrop, again and again", async () => {
  using holder = await server.logIn(login);
  await prometheus.untilFiringWhile("PoplarMaildropsInUse", () => tryToLogIn(login, password));
  await holder.ask("QUIT");
});

alertTest("PoplarLeasesLost", "maildrops are taken from sessions that delete", async () => {
  await server.deliver(message, login);
  await prometheus.untilFiringWhile("PoplarLeasesLost", async () => {
    using client = await server.logIn(login);
    await client.ask("DELE 1");
    await server.call("DELETE", `/leases/${encodeURIComponent(login)}`);
    await client.ask("QUIT");
  });
});

alertTest("PoplarLoginsWait", "more passwords come at once than can be hashed", async () => {
  const crowd = Array.from({ length: 300 }, async (_one, index) =>
    tryToLogIn(`crowd-${index}@example.test`, `password ${index}`, "127.0.0.3"),
  );
  await prometheus.untilFiring("PoplarLoginsWait");
  await Promise.all(crowd);
});

alertTest("PoplarCommandsSlow", "Postgres lets an UPDATE wait", async () => {
  await server.deliver(message, login);
  using client = await server.logIn(login);
  await client.ask("DELE 1");
  const held = postgres.query("poplar", "begin; lock table message; select pg_sleep(2); commit");
  const granted =
    "select count(*) from pg_locks where relation = 'message'::regclass and mode = 'AccessExclusiveLock' and granted";
  await until("it is locked", async () => (await postgres.query("poplar", granted)).join("") === "1");
  match(await client.ask("QUIT"), /^\+OK/);
  await held;
  await prometheus.untilFiring("PoplarCommandsSlow");
});

alertTest("PoplarNobodyComes", "clients that came are gone", async () => {
  const from = Date.now();
  await until("clients have come for a while", async () => {
    using client = await server.connect();
    await client.ask("QUIT");
    return Date.now() - from > 3000;
  });
  await prometheus.untilFiring("PoplarNobodyComes");
});

alertTest("PoplarEventLoopLate", "the process gets no processor for a third of a second", async () => {
  const stopping = setInterval(() => {
    server.process.pause();
    setTimeout(() => server.process.resume(), 330);
  }, 1000);
  await prometheus.untilFiring("PoplarEventLoopLate").finally(() => {
    clearInterval(stopping);
    server.process.resume();
  });
});

alertTest("PoplarVersionsDiffer", "an upgrade is half done", async () => {
  // What the same server says, as another version would say it.
  const newer = createServer((_request, response) => {
    void fetch(`http://127.0.0.1:${server.ports.http}/metrics`)
      .then(async (answer) => answer.text())
      .then((text) => response.end(text.replace(/(?<=^poplar_build_info\{.*version=")[^"]*/m, "999.0.0")));
  });
  newer.listen(0, "127.0.0.1");
  await once(newer, "listening");
  const address = newer.address();
  if (typeof address !== "object" || address === null) throw new Error("it does not listen");
  try {
    await using both = await Prometheus.start([server.ports.http, address.port]);
    await both.untilFiring("PoplarVersionsDiffer");
  } finally {
    newer.closeAllConnections();
    newer.close();
  }
});

alertTest("PoplarDescriptorsRunOut", "there are nearly as many clients as descriptors", async () => {
  await using small = await Standalone.start({ flags: shared, launcher: ["prlimit", "--nofile=400"] });
  await using watch = await Prometheus.start([small.ports.http]);
  const crowd = await Promise.all(Array.from({ length: 300 }, async () => small.connect()));
  await watch.untilFiring("PoplarDescriptorsRunOut");
  for (const client of crowd) client[Symbol.dispose]();
});

alertTest("PoplarRestarts", "a process dies again and again", async () => {
  await using weak = await Standalone.start({ flags: shared });
  await using watch = await Prometheus.start([weak.ports.http], "300s");
  let last: string | undefined;
  const isSeen = async (): Promise<boolean> => {
    const started = (await watch.query("process_start_time_seconds")).at(-1)?.value[1];
    if (started === undefined || started === last) return false;
    last = started;
    return true;
  };
  for (let times = 0; times < 3; times += 1) {
    await until("Prometheus has seen the start", isSeen);
    await weak.process.kill();
    await weak.process.start();
  }
  await watch.untilFiring("PoplarRestarts");
});

alertTest("PoplarInternalError", "a library throws what nobody has foreseen", async () => {
  const launcher = ["env", `NODE_OPTIONS=--import=${failingLibrary}`];
  await using buggy = await Standalone.start({ flags: shared, launcher });
  await using watch = await Prometheus.start([buggy.ports.http]);
  const unlucky = await server.addLogin("unlucky");
  const restrictions = { networks: ["203.0.113.0/24"], requiresTls: false };
  await server.call("PUT", `/logins/${encodeURIComponent(unlucky)}/restrictions`, restrictions);
  await until("it is scraped", async () => (await watch.query("poplar_build_info")).length > 0);
  deepStrictEqual(await watch.firing(), new Set());

  using client = await buggy.connect();
  await client.ask(`USER ${unlucky}`);
  // RFC 3206 §4: that it was not the password. Where it happened is for the log.
  strictEqual(await client.ask(`PASS ${password}`), "-ERR [SYS/TEMP] internal error, try again later");
  strictEqual(await client.rest(), "");
  using another = await buggy.logIn(login);
  match(await another.ask("NOOP"), /^\+OK/);
  await watch.untilFiring("PoplarInternalError");

  const lines = buggy.process.output.split("\n").filter((line) => line.includes("a bug in a library"));
  strictEqual(lines.length, 1);
  const line: unknown = JSON.parse(lines[0] ?? "");
  partialDeepStrictEqual(line, {
    level: "error",
    event: "command-refused",
    verb: "PASS",
    reason: "internal",
    cause: { type: "TypeError", message: "a bug in a library" },
  });
  match(lines[0] ?? "", /"sessionId":"[^"]+".*"stack":"[^"]*failing-library/);
  ok(!buggy.process.output.includes(password));
});

alertTest("PoplarSessionsFail", "Redis is gone, and clients hear it", async () => {
  await redis.kill();
  await prometheus.untilFiringWhile("PoplarSessionsFail", () => tryToLogIn(login, password));
});

alertTest("PoplarDeliveriesFail", "Postgres is gone, and mail waits", async () => {
  await postgres[Symbol.asyncDispose]();
  await prometheus.untilFiringWhile("PoplarDeliveriesFail", () => server.deliver(message, login));
});

test("every alert has a cause that a test brings about", () => {
  const all = new Set(alertRules().map(({ alert }) => alert));
  deepStrictEqual(new Set([...caused, ...elsewhere]), all);
});

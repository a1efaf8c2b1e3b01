import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  partialDeepStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "@poplar/testkit";
import { PolicyServer } from "../fixtures/policy-server.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

const REFUSED = "-ERR [AUTH] invalid name or password";

interface Lab {
  readonly policy: PolicyServer;
  readonly server: Standalone;
  /** Made anew for each test: who has been in is not asked about for a while. */
  readonly login: string;
}

let policy: PolicyServer;
let server: Standalone;
before(async () => {
  policy = await PolicyServer.start();
  server = await startServer(policy);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await policy[Symbol.asyncDispose]();
});

const startServer = async ({ url }: PolicyServer, ...flags: string[]): Promise<Standalone> =>
  Standalone.start({ flags: [`--policy-service-url=${url}`, "--log-format=json", ...flags] });

/** @param status what the service answers. */
async function lab(localPart: string, status: number): Promise<Lab> {
  const login = await server.addLogin(localPart);
  policy.reset(status);
  return { policy, server, login };
}

/** Tries a password on a connection of its own. @returns the answer and how many milliseconds it took. */
async function tryLogin({ server: where, login }: Lab, secret = password): Promise<[string, number]> {
  using client = await where.connect();
  await client.ask(`USER ${login}`);
  const start = performance.now();
  const reply = await client.ask(`PASS ${secret}`);
  const ms = performance.now() - start;
  await client.ask("QUIT");
  return [reply, ms];
}

const metrics = async ({ server: where }: Lab): Promise<string> =>
  (await fetch(`http://127.0.0.1:${where.ports.http}/metrics`)).text();

/** The log comes by another way than the reply. */
const untilLogged = async ({ process }: Standalone, line: RegExp): Promise<void> =>
  until(line.source, () => line.test(process.output));

test("the service at policy-service-url is asked before each login, and told what came of it", async () => {
  const here = await lab("asked", 0);
  match((await tryLogin(here))[0], /^\+OK/);
  strictEqual((await tryLogin(here, "wrong"))[0], REFUSED);
  await until("two reports", () => policy.told.length === 2);
  deepStrictEqual(
    policy.told.map(({ success, policy_reject: isReject }) => [success, isReject]),
    [
      [true, false],
      [false, false],
    ],
  );
  strictEqual(policy.asked.length, 2);
  for (const tuple of [...policy.asked, ...policy.told]) {
    partialDeepStrictEqual(tuple, { login: here.login, remote: "127.0.0.1", protocol: "pop3", tls: false });
    match(tuple.pwhash, /^0[0-9a-f]{3}$/, "12 bits of a hash, no password");
  }
  strictEqual(policy.asked[0]?.pwhash, policy.told[0]?.pwhash);
  match(await metrics(here), /^poplar_dependency_up\{dependency="policy-service"\} 1$/m);
});

test("a login that it refuses hears what a wrong password hears; log, audit and metric say policy-refused", async () => {
  const here = await lab("refused", -1);
  strictEqual((await tryLogin(here))[0], REFUSED);
  await until("the report", () => policy.told.length === 1);
  partialDeepStrictEqual(policy.told[0], { success: false, policy_reject: true });
  await untilLogged(server, /"event":"login-refused-because".*"reason":"policy-refused"/);
  match(await metrics(here), /poplar_auth_proofs_total\{mechanism="USER",outcome="policy-refused"\} 1/);
  await until("the audit", async () =>
    JSON.stringify(await server.call("GET", `/audit?subject=${here.login}`)).includes("policy-refused"),
  );
  policy.reset(0);
  match((await tryLogin(here))[0], /^\+OK/, "as soon as it says yes");
});

test("a login that it holds up waits for so many seconds, and gets in", async () => {
  const [reply, ms] = await tryLogin(await lab("slowed", 1));
  match(reply, /^\+OK/);
  ok(ms >= 1000, `after ${ms} ms`);
});

test("while it does not answer whoever the door admits gets in; the log says so once, and when it is back", async () => {
  const here = await lab("alone", 0);
  const { port } = policy;
  await policy[Symbol.asyncDispose]();
  match((await tryLogin(here))[0], /^\+OK/);
  strictEqual((await tryLogin(here, "wrong"))[0], REFUSED);
  match(await metrics(here), /^poplar_dependency_up\{dependency="policy-service"\} 0$/m);
  strictEqual((await fetch(`http://127.0.0.1:${server.ports.http}/health/ready`)).status, 200);
  policy = await PolicyServer.start(port);
  match((await tryLogin(here))[0], /^\+OK/);
  match(await metrics(here), /^poplar_dependency_up\{dependency="policy-service"\} 1$/m);
  await untilLogged(
    server,
    /"event":"dependency-down"[^]*"event":"dependency-up","dependency":"policy-service"/,
  );
  strictEqual(server.process.output.match(/"event":"dependency-down"/g)?.length, 1);
  doesNotMatch(server.process.output, /super/, "the password of the service is nobody's business");
});

test("with policy-service-down=refuse nobody gets in meanwhile, and hears that it is not his fault", async () => {
  const gone = await PolicyServer.start();
  await gone[Symbol.asyncDispose]();
  await using closed = await startServer(gone, "--policy-service-down=refuse");
  const here = { policy: gone, server: closed, login: await closed.addLogin("ann") };
  match((await tryLogin(here))[0], /^-ERR \[SYS\/TEMP\] mail is temporarily out of reach/);
  await untilLogged(closed, /"reason":"policy-service-down"/);
});

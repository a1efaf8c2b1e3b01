import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isMeant, type LiveSession, WHOLE } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { type Lab, startLab } from "./lab.ts";

const ALICE = "alice@example.test";
const program = fileURLToPath(new URL("../../apps/cli/src/main.ts", import.meta.url));

const sessionOf = (sessionId: string, login: string | undefined): LiveSession => ({
  sessionId,
  listener: "pop3s",
  address: "192.0.2.1",
  login,
  mechanism: login && "USER",
  tlsVersion: "TLSv1.3",
  sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  commands: 7,
  octetsSent: 4096,
});

/** A server with Alice's login and these sessions. */
async function labWith(
  t: TestContext,
  ...open: LiveSession[]
): Promise<Lab & { open: () => readonly string[] }> {
  const lab = await startLab(t);
  let sessions: readonly LiveSession[] = open;
  lab.sessions.join({
    findSessions: (query) => sessions.filter((session) => isMeant(session, query)),
    endSessions: (query) => {
      const ended = sessions.filter((session) => isMeant(session, query)).slice(0, query.limit);
      sessions = sessions.filter((session) => !ended.includes(session));
      return ended;
    },
  });
  await lab.ports.registry.addDomain("example.test");
  await lab.ports.registry.addLogin({ name: ALICE, passwordVerifier: "x", quotaOctets: undefined });
  return { ...lab, open: () => sessions.map(({ sessionId }) => sessionId) };
}

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

function poplar(lab: Lab, ...words: readonly string[]): Promise<Ran> {
  const flags = ["--conditions=@poplar/source", program, "--data-dir", lab.dataDir, ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, (err, out, errors) => {
      resolve({ exitCode: typeof err?.code === "number" ? err.code : 0, out, err: errors });
    });
  });
}

test("sessions are listed with who, from where, since when and on which node", async (t) => {
  const lab = await labWith(t, sessionOf("one", ALICE), sessionOf("two", undefined));
  const { out } = await poplar(lab, "sessions", "list");
  assert.match(
    out,
    /one +alice@example\.test +192\.0\.2\.1 +USER +TLSv1\.3 +2026-01-02 03:04 +7 +4\.0 KiB +here/,
  );
  assert.match(out, /two +- +192\.0\.2\.1/);
  const mine = await poplar(lab, "sessions", "list", "--login", "Alice@EXAMPLE.test", "--json");
  const answer: unknown = JSON.parse(mine.out);
  assert.deepEqual(answer, {
    sessions: [
      {
        sessionId: "one",
        node: "here",
        listener: "pop3s",
        address: "192.0.2.1",
        login: ALICE,
        mechanism: "USER",
        tlsVersion: "TLSv1.3",
        since: "2026-01-02T03:04:05.000Z",
        commands: 7,
        octetsSent: 4096,
      },
    ],
    silentNodes: [],
  });
});

test("sessions are kicked by id, by login and by address, and that is an event", async (t) => {
  const lab = await labWith(
    t,
    sessionOf("one", ALICE),
    sessionOf("two", ALICE),
    sessionOf("three", undefined),
  );
  assert.match((await poplar(lab, "sessions", "kick", "one")).out, /Ended 1 session\./);
  assert.deepEqual(lab.open(), ["two", "three"]);
  assert.match((await poplar(lab, "sessions", "kick", "--login", ALICE)).out, /Ended 1 session\./);
  assert.deepEqual(lab.open(), ["three"]);
  assert.match((await poplar(lab, "sessions", "kick", "--address", "192.0.2.1")).out, /Ended 1 session\./);
  const events = lab.lines.filter((line) => line.includes('"kick-sessions"'));
  assert.equal(events.length, 3);
  assert.match(events[1] ?? "", /"subject":"alice@example\.test","outcome":"done"/);
});

test("what is done to a login says how many of its sessions were ended by that", async (t) => {
  const lab = await labWith(
    t,
    sessionOf("one", ALICE),
    sessionOf("two", ALICE),
    sessionOf("three", undefined),
  );
  const disabled = await poplar(lab, "login", "disable", ALICE);
  assert.match(disabled.out, /is disabled\. Ended 2 sessions; nothing was deleted by that\.$/m);
  assert.deepEqual(lab.open(), ["three"]);
  const again = await poplar(lab, "login", "disable", ALICE);
  assert.match(again.out, /is disabled\. It had no sessions open\.$/m);
  lab.ports.sessions.endSessions = async () => ({ fault: "lease-store-down", cause: "away" });
  const removed = await poplar(lab, "login", "remove", ALICE);
  assert.match(removed.out, /^Removed the login .* could not be reached, for Redis does not answer/);
  assert.equal(removed.exitCode, 0);
});

test("more sessions than one call ends are ended all the same, and others stay", async (t) => {
  const many = Array.from({ length: 2500 }, (_, index) => sessionOf(`s${index}`, ALICE));
  const lab = await labWith(t, ...many, sessionOf("other", undefined));
  const { out, exitCode } = await poplar(lab, "sessions", "kick", "--login", ALICE);
  assert.deepEqual([out, exitCode, lab.open()], ["Ended 2500 sessions.\n", 0, ["other"]]);
  assert.equal((await poplar(lab, "sessions", "kick", "--login", ALICE)).exitCode, 1);
});

test("as many sessions as one call ends are no failure, and one call says that there may be more", async (t) => {
  const many = Array.from({ length: 2000 }, (_, index) => sessionOf(`s${index}`, ALICE));
  const lab = await labWith(t, ...many);
  const response = await fetch(`${lab.http.url}/v1/sessions?login=${ALICE}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${lab.token}` },
  });
  assert.partialDeepStrictEqual(await response.json(), { isMoreLeft: true });
  const { out, exitCode } = await poplar(lab, "sessions", "kick", "--login", ALICE);
  assert.deepEqual([out, exitCode, lab.open()], ["Ended 1000 sessions.\n", 0, []]);
});

test("to kick nobody in particular is refused, and so is to kick nobody at all", async (t) => {
  const lab = await labWith(t, sessionOf("one", ALICE));
  const unnamed = await poplar(lab, "sessions", "kick");
  assert.deepEqual([unnamed.exitCode, lab.open()], [2, ["one"]]);
  const absent = await poplar(lab, "sessions", "kick", "nobody");
  assert.equal(absent.exitCode, 1);
  assert.match(absent.err, /There is no such session\./);
});

test("a lease is shown and broken: whoever had it is told, and the maildrop is free", async (t) => {
  const lab = await labWith(t);
  assert.match((await poplar(lab, "lease", "show", ALICE)).out, /Nobody has the maildrop/);
  const maildrop = await lab.ports.registry.showMaildrop(ALICE);
  assert("maildropId" in maildrop);
  const holder = { sessionId: "one", login: ALICE, address: "192.0.2.1" };
  assert(!isFault(await lab.leases.acquire(maildrop.maildropId, WHOLE, holder)));
  const told: string[] = [];
  lab.leases.onBroken((sessionId) => told.push(sessionId));
  assert.match(
    (await poplar(lab, "lease", "show", ALICE)).out,
    /alice@example\.test +everything +192\.0\.2\.1 .* one/,
  );
  assert.match((await poplar(lab, "lease", "break", ALICE)).out, /Ended 1 of its sessions/);
  assert.deepEqual(told, ["one"]);
  assert.match((await poplar(lab, "lease", "break", ALICE)).out, /Nobody had it open/);
  assert.match((await poplar(lab, "lease", "break", "bob@example.test")).err, /There is no/);
});

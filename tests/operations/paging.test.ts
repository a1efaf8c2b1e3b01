import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { isMeant, type LiveSession } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { type Lab, startLab } from "./lab.ts";
import { succeed } from "./run-poplar.ts";

const host = "host.example.test";

/** More than one slice has of whatever has no limit. */
const many = 1203;

/** A login has at most 100. */
const passwords = 99;

/** A host whose maildrop is open in many views at once, by clients that came in bursts. */
async function labWithMany(t: TestContext): Promise<Lab> {
  const lab = await startLab(t);
  const { registry, credentials } = lab.ports;
  const added = await credentials.addHost({ name: host, passwordVerifier: "x", quotaOctets: undefined });
  assert.ok("maildropId" in added);
  for (let index = 0; index < passwords; index += 1) {
    const credential = { kind: "app-password", verifier: `v${index}`, label: `phone ${index}` } as const;
    assert.ok("credentialId" in (await credentials.addCredential(host, credential)));
  }
  const open: LiveSession[] = [];
  for (let index = 0; index < many; index += 1) {
    const localPart = `part-${index}`;
    const sessionId = `session-${index}`;
    const login = `${localPart}@${host}`;
    const view = { kind: "local-part", localPart } as const;
    const holder = { sessionId, login, address: "192.0.2.1" };
    assert.ok(!isFault(await lab.leases.acquire(added.maildropId, view, holder)));
    open.push({
      sessionId,
      listener: "pop3",
      address: "192.0.2.1",
      login,
      mechanism: "USER",
      tlsVersion: undefined,
      sinceMs: Date.UTC(2026, 0, 1) + Math.floor(index / 500),
      commands: 1,
      octetsSent: 0,
    });
  }
  lab.sessions.join({
    findSessions: (query) => open.filter((session) => isMeant(session, query)),
    endSessions: () => [],
  });
  assert.ok("name" in (await registry.addDomain("example.test")));
  return lab;
}

/** All slices of a list over the API, as small programs ask for them. */
async function slices(
  lab: Lab,
  { path, key, limit }: { readonly path: string; readonly key: string; readonly limit: number },
): Promise<readonly unknown[][]> {
  const all: unknown[][] = [];
  let after: string | null = null;
  do {
    const url = new URL(`${lab.http.url}/v1${path}`);
    url.searchParams.set("limit", String(limit));
    if (after !== null) url.searchParams.set("after", after);
    const response = await fetch(url, { headers: { authorization: `Bearer ${lab.token}` } });
    const answer: unknown = await response.json();
    assert.ok(typeof answer === "object" && answer !== null && key in answer && "next" in answer, path);
    const entries: unknown = Reflect.get(answer, key);
    assert.ok(Array.isArray(entries));
    all.push(entries);
    assert.ok(answer.next === null || typeof answer.next === "string");
    after = answer.next;
  } while (after !== null);
  return all;
}

test("lists that grow come in slices, each entry once, and the command line shows them whole", async (t) => {
  const lab = await labWithMany(t);
  const lists = [
    {
      path: "/sessions",
      key: "sessions",
      words: ["sessions", "list"],
      id: "sessionId",
      limit: 500,
      count: many,
    },
    {
      path: `/leases/${host}`,
      key: "entries",
      words: ["lease", "show", host],
      id: "sessionId",
      limit: 500,
      count: many,
    },
    {
      path: `/logins/${host}/credentials`,
      key: "entries",
      words: ["login", "credentials", host],
      id: "label",
      limit: 40,
      // And its password.
      count: passwords + 1,
    },
  ] as const;
  for (const { path, key, words, id, limit, count } of lists) {
    const found = await slices(lab, { path, key, limit });
    assert.deepEqual(
      found.map(({ length }) => length),
      [limit, limit, count - 2 * limit],
      path,
    );
    const ids = found.flat().map((entry) => Reflect.get(Object(entry), id) as unknown);
    assert.equal(new Set(ids).size, count);
    const shown: unknown = JSON.parse(await succeed(lab, [...words, "--json"]));
    const entries: unknown = key === "sessions" ? Reflect.get(Object(shown), key) : shown;
    assert.deepEqual(entries, found.flat(), path);
  }
});

test("a place in a list that nobody was given is refused", async (t) => {
  const lab = await startLab(t);
  const headers = { authorization: `Bearer ${lab.token}` };
  for (const after of ["", "session-1", "1e5.session", "-1.session", "17."]) {
    const response = await fetch(`${lab.http.url}/v1/sessions?after=${after}`, { headers });
    assert.equal(response.status, 400, after);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryLoginPacer } from "@poplar/lease";
import { Lab, trust } from "./lab.ts";
import type { LabClient } from "./lab-client.ts";

/** Where a client stands when it asks for CAPA. RFC 2449 §5. */
interface Situation {
  readonly name: string;
  readonly listener: "pop3" | "pop3s";
  readonly isAfterStls?: boolean;
  readonly isAfterLogin?: boolean;
  /** Passwords may not travel in clear. */
  readonly isRefusedInClear?: boolean;
}

const SITUATIONS: readonly Situation[] = [
  { name: "in clear, before login", listener: "pop3" },
  { name: "in clear, after login", listener: "pop3", isAfterLogin: true },
  { name: "after STLS, before login", listener: "pop3", isAfterStls: true },
  { name: "after STLS, after login", listener: "pop3", isAfterStls: true, isAfterLogin: true },
  { name: "over TLS, before login", listener: "pop3s" },
  { name: "over TLS, after login", listener: "pop3s", isAfterLogin: true },
  { name: "in clear, where no password may travel", listener: "pop3", isRefusedInClear: true },
  {
    name: "after STLS, where none may in clear",
    listener: "pop3",
    isRefusedInClear: true,
    isAfterStls: true,
  },
];

/** A server of its own, and a client that stands there. */
interface Stand {
  readonly lab: Lab;
  readonly client: LabClient;
  readonly situation: Situation;
  /** What follows the keyword. */
  readonly words: readonly string[];
}

type Proof = (stand: Stand) => Promise<void>;

const MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "OAUTHBEARER"];
const NAME = "alice@example.test";
const PASSWORD = "secret with  spaces ";
const plain = Buffer.from(`\0${NAME}\0${PASSWORD}`).toString("base64");

const INTERNATIONALISED = "Subject: \u00e4\r\n\r\nb\r\n";

/**
 * What shows that a capability is what it says, by its keyword. Who makes Poplar announce another one has to
 * say here how that is seen.
 */
const PROOFS: Readonly<Record<string, Proof>> = {
  TOP: async (stand) => {
    const client = await inTransaction(stand);
    assert.match(await client.ask("TOP 1 1"), /^\+OK/);
    assert.equal(await client.lines(), "Subject: a\r\n\r\none\r\n");
  },
  UIDL: async (stand) => {
    const client = await inTransaction(stand);
    assert.match(await client.ask("UIDL 1"), /^\+OK 1 [!-~]{1,70}$/);
    assert.match(await client.ask("UIDL"), /^\+OK/);
    assert.equal((await client.lines()).trim().split("\r\n").length, 2);
  },
  USER: async ({ client, situation }) => {
    // After login: it is how this client came in (RFC 2449 §6.3).
    if (situation.isAfterLogin !== true) await client.logIn();
  },
  SASL: async ({ lab, client, situation, words }) => {
    if (situation.isAfterLogin === true) {
      // RFC 5034 §4: the list stays, and the command is over.
      assert.deepEqual(words, MECHANISMS);
      assert.match(await client.ask(`AUTH PLAIN ${plain}`), /^-ERR/);
      return;
    }
    assert.equal(words.includes("PLAIN"), isSafe(situation));
    for (const mechanism of words) {
      assert.match(await client.ask(`AUTH ${mechanism}`), /^\+ /, mechanism);
      assert.match(await client.ask("*"), /^-ERR/);
    }
    for (const mechanism of MECHANISMS.filter((each) => !words.includes(each))) {
      assert.match(await client.ask(`AUTH ${mechanism}`), /^-ERR/, mechanism);
    }
    if (words.includes("PLAIN")) assert.match(await client.ask(`AUTH PLAIN ${plain}`), /^\+OK/);
    else assert.ok(!(await lab.isHeld()));
  },
  "RESP-CODES": async (stand) => {
    const first = await inTransaction(stand);
    const second = await another(stand);
    await second.ask(`USER ${NAME}`);
    assert.match(await second.ask(`PASS ${PASSWORD}`), /^-ERR \[IN-USE\] /);
    // RFC 2449 §8: what is no code does not look like one.
    assert.doesNotMatch(await first.ask("NOOP [SYS/PERM]"), /^-ERR \[/);
  },
  "AUTH-RESP-CODE": async (stand) => {
    const client = await another(stand);
    await client.ask(`USER ${NAME}`);
    assert.match(await client.ask("PASS wrong"), /^-ERR \[AUTH\] /);
    // RFC 3206 §6: what is no matter of credentials is not called one.
    stand.lab.store.beforeOpen = () => ({ fault: "storage-down", cause: "on purpose" });
    await client.ask(`USER ${NAME}`);
    assert.match(await client.ask(`PASS ${PASSWORD}`), /^-ERR \[(?:SYS\/TEMP|IN-USE)\] /);
  },
  PIPELINING: async (stand) => {
    const client = await inTransaction(stand);
    client.send("NOOP\r\nRETR 1\r\nNOPE\r\nLIST 1\r\nQUIT\r\nNOOP\r\n");
    assert.match(
      await client.rest(),
      /^\+OK[^\r]*\r\n\+OK[^\r]*\r\nSubject: a\r\n.*\r\n\.\r\n-ERR[^\r]*\r\n\+OK 1 \d+\r\n\+OK[^\r]*\r\n$/s,
    );
  },
  LANG: async ({ client }) => {
    assert.match(await client.ask("LANG"), /^\+OK/);
    const tags = (await client.lines())
      .trim()
      .split("\r\n")
      .map((line) => line.split(" ")[0]);
    for (const tag of tags) assert.match(await client.ask(`LANG ${tag}`), new RegExp(`^\\+OK ${tag} `));
    assert.match(await client.ask("LANG tlh"), /^-ERR/);
  },
  UTF8: async (stand) => {
    const { situation, words } = stand;
    const sees = async (client: LabClient, pattern: RegExp): Promise<void> =>
      assert.match(await client.ask("RETR 2"), pattern);
    // RFC 6856 §4: who has not said it does not see internationalised mail as it is.
    const client = await inTransaction(stand);
    await sees(client, /^-ERR \[UTF8\] /);
    await client.ask("QUIT");
    const other = await another(stand);
    assert.match(await other.ask("UTF8"), /^\+OK/);
    // RFC 6856 §2.2: with USER, names may be in UTF-8, and have to be in it.
    assert.equal(words.includes("USER"), isSafe(situation));
    assert.match(await other.ask("USER \xff"), /^-ERR/);
    await other.logIn();
    await sees(other, /^\+OK/);
    assert.equal(await other.lines(), Buffer.from(INTERNATIONALISED).toString("latin1"));
  },
  STLS: async ({ client }) => {
    assert.match(await client.ask("STLS"), /^\+OK/);
    await client.startTls(await trust());
    assert.ok(!(await capabilitiesOf(client)).some((line) => line === "STLS"));
    await client.logIn();
  },
  EXPIRE: async ({ situation, words }) => {
    // The store keeps the promise: see what every MailKeeper must do, in testkit.
    assert.deepEqual(words, situation.isAfterLogin === true ? ["30"] : ["7", "USER"]);
  },
  "LOGIN-DELAY": async (stand) => {
    const { situation, words } = stand;
    assert.deepEqual(words, situation.isAfterLogin === true ? ["60"] : ["90", "USER"]);
    const client = await inTransaction(stand);
    await client.ask("QUIT");
    const soon = await another(stand);
    await soon.ask(`USER ${NAME}`);
    assert.match(await soon.ask(`PASS ${PASSWORD}`), /^-ERR \[LOGIN-DELAY\] /);
  },
  IMPLEMENTATION: async ({ words }) => {
    assert.deepEqual(words, ["Poplar"]);
  },
};

const announced = new Set<string>();

for (const situation of SITUATIONS) {
  test(`${situation.name}: each capability does what it announces (RFC 2449 §5)`, async () => {
    const lines = await withStand(situation, "", capabilitiesAt);
    for (const line of lines) {
      const keyword = line.split(" ")[0] ?? "";
      const proof = PROOFS[keyword];
      assert.ok(proof !== undefined, `${keyword} is announced, and nothing shows what it does`);
      announced.add(keyword);
      try {
        await withStand(situation, line, proof);
      } catch (cause) {
        throw new Error(`${line} does not do what it announces`, { cause });
      }
    }
  });
}

for (const isTls of [false, true]) {
  test(`what is announced ${isTls ? "over TLS" : "in clear"} before login is announced after it (T24)`, async () => {
    const listener = isTls ? "pop3s" : "pop3";
    const before = await withStand({ name: "", listener }, "", capabilitiesAt);
    const after = await withStand({ name: "", listener, isAfterLogin: true }, "", capabilitiesAt);
    const keywords = (lines: readonly string[]): string[] => lines.map((line) => line.split(" ")[0] ?? "");
    // RFC 2595 §4: STLS alone belongs to the AUTHORIZATION state.
    assert.deepEqual(
      keywords(before).filter((keyword) => keyword !== "STLS"),
      keywords(after),
    );
  });
}

test("nothing is proved that nobody announces", () => {
  assert.deepEqual([...announced].toSorted(), Object.keys(PROOFS).toSorted());
});

const isSafe = ({ listener, isAfterStls, isRefusedInClear }: Situation): boolean =>
  listener === "pop3s" || isAfterStls === true || isRefusedInClear !== true;

async function withStand<T>(
  situation: Situation,
  line: string,
  use: (stand: Stand) => Promise<T>,
): Promise<T> {
  const isDelayed = line === "" || line.startsWith("LOGIN-DELAY");
  await using lab = await Lab.start({
    isPlaintextLoginAllowed: situation.isRefusedInClear !== true,
    policyBounds: { retentionDaysMin: 7, loginDelaySecondsMax: 90 },
    ...(isDelayed && { pacer: createMemoryLoginPacer(() => 0) }),
    limits: { faultsMax: 1000 },
  });
  lab.authenticator.offered = MECHANISMS;
  lab.authenticator.policy = { retentionDays: 30, loginDelaySeconds: 60 };
  lab.store.deliver("Subject: a\n\none\ntwo\n", INTERNATIONALISED);
  const client = await connect(lab, situation);
  if (situation.isAfterLogin === true) await client.logIn();
  return await use({ lab, client, situation, words: line.split(" ").slice(1) });
}

async function connect(lab: Lab, { listener, isAfterStls }: Situation): Promise<LabClient> {
  const client = await (listener === "pop3s" ? lab.connectTls() : lab.connect());
  if (isAfterStls === true) await startTls(client);
  return client;
}

async function startTls(client: LabClient): Promise<void> {
  assert.match(await client.ask("STLS"), /^\+OK/);
  await client.startTls(await trust());
}

/** Another client, which has not logged in and can. */
async function another({ lab, situation }: Stand): Promise<LabClient> {
  const client = await connect(lab, situation);
  if (!isSafe(situation)) await startTls(client);
  return client;
}

async function inTransaction({ client, situation }: Stand): Promise<LabClient> {
  if (situation.isAfterLogin === true) return client;
  if (!isSafe(situation)) await startTls(client);
  await client.logIn();
  return client;
}

const capabilitiesAt = async ({ client }: Stand): Promise<readonly string[]> => capabilitiesOf(client);

async function capabilitiesOf(client: LabClient): Promise<readonly string[]> {
  assert.match(await client.ask("CAPA"), /^\+OK/);
  const lines = (await client.lines()).trim().split("\r\n");
  for (const line of lines) assert.ok(line.length <= 510, "RFC 2449 §3");
  return lines;
}

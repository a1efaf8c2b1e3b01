import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { type KdcScope, type KerberosClient, until } from "@poplar/testkit";
import { LabClient } from "../server/lab-client.ts";
import { KerberosLab } from "./kerberos-lab.ts";
import { frame, handshake, say, VERSIONS } from "./kpop-client.ts";

/** Both versions right, and nothing said about the ticket. */
const VERSIONS_ACCEPTED = "\0";
const SENDAUTH = frame("KRB5_SENDAUTH_V1.0\0");
const FOUR_GIGABYTES = "\xff\xff\xff\xff";

let lab: KerberosLab;
let alice: KerberosClient;
const scope = new AsyncDisposableStack();
const tests: KdcScope = { after: (callback) => scope.defer(async () => callback()) };

before(async () => {
  // Two seconds of skew, so that a ticket may expire within a test.
  lab = scope.use(await KerberosLab.start({ realms: 2, clockSkewSeconds: 2 }));
  alice = await clientOf("alice@POPLAR.TEST", "localhost");
});
after(async () => scope.disposeAsync());

async function clientOf(principal: string, host: string, service = "pop"): Promise<KerberosClient> {
  const client = await lab.kdc.login(tests, principal);
  await client.fetch(service, host);
  return client;
}

/** Says something, and sees the answer and the line of the log. */
async function assertRefused(
  octets: string,
  expected: { readonly answer: RegExp | string; readonly reason: string; readonly detail: RegExp | string },
): Promise<void> {
  let answer = "";
  const refusal = await lab.refusalBy(async () => {
    answer = await say(lab.kpopPort, octets);
  });
  if (typeof expected.answer === "string") assert.equal(answer, expected.answer);
  else assert.match(answer, expected.answer);
  const { reason, level, listener, address, msg, detail } = refusal;
  assert.deepEqual(
    { reason, level, listener, address, msg },
    {
      reason: expected.reason,
      level: "info",
      listener: "kpop",
      address: "127.0.0.1",
      msg: `Kerberos login refused: ${expected.reason}`,
    },
  );
  if (typeof expected.detail === "string") assert.equal(detail, expected.detail);
  else assert.match(detail, expected.detail);
}

/** The one answer to every ticket that opens nothing: a KRB-ERROR. */
const KRB_ERROR = /^\0\0\0\0[^\0].*Kerberos authentication failed$/s;

for (const [what, octets, answer, reason, detail] of [
  ["of Kerberos 4", "AUTHV0.1\0\0\0\0", "", "kerberos-4", "the client speaks Kerberos 4"],
  [
    "with a wrong sendauth version",
    frame("KRB5_SENDAUTH_V9.9\0") + frame("KPOPV1.0\0"),
    "\x01",
    "bad-sendauth-version",
    '"KRB5_SENDAUTH_V9.9\\u0000"',
  ],
  [
    "for another application",
    SENDAUTH + frame("KPOPV1.0x\0"),
    "\x02",
    "bad-application-version",
    '"KPOPV1.0x\\u0000"',
  ],
  ["that is a prefix of ours", SENDAUTH + frame("KPOP"), "\x02", "bad-application-version", '"KPOP"'],
  ["of POP3", "CAPA\r\nQUIT\r\n", "\x01", "bad-sendauth-version", "1128353857 octets"],
  ["of TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "\x01", "bad-sendauth-version", "369295618 octets"],
  [
    "with a sendauth version of four gigabytes",
    FOUR_GIGABYTES,
    "\x01",
    "bad-sendauth-version",
    "4294967295 octets",
  ],
  [
    "with an application version of four gigabytes",
    SENDAUTH + FOUR_GIGABYTES,
    "\x02",
    "bad-application-version",
    "4294967295 octets",
  ],
  [
    "with an AP-REQ of four gigabytes",
    VERSIONS + FOUR_GIGABYTES,
    KRB_ERROR,
    "frame-too-long",
    "an AP-REQ of 4294967295 octets",
  ],
  ["with an empty AP-REQ", VERSIONS + frame(""), KRB_ERROR, "malformed-token", "this is no AP-REQ"],
  [
    "with garbage for an AP-REQ",
    VERSIONS + frame("garbage"),
    KRB_ERROR,
    "malformed-token",
    "this is no AP-REQ",
  ],
  [
    "with 64 KiB of garbage",
    VERSIONS + frame("n".repeat(65_536)),
    KRB_ERROR,
    "malformed-token",
    "this is no AP-REQ",
  ],
  [
    "cut off in its sendauth version",
    SENDAUTH.slice(0, 9),
    "",
    "truncated",
    "the client left in its sendauth-version frame",
  ],
  [
    "cut off in its application version",
    SENDAUTH + frame("KPOPV1.0\0").slice(0, 6),
    "",
    "truncated",
    "the client left in its application-version frame",
  ],
  [
    "cut off in its AP-REQ",
    `${VERSIONS}\0\0\x01\0half`,
    VERSIONS_ACCEPTED,
    "truncated",
    "the client left in its ap-req frame",
  ],
] as const) {
  test(`a handshake ${what} is refused as ${reason}`, async () => {
    await assertRefused(octets, { answer, reason, detail });
  });
}

test("a ticket for imap/ is refused as wrong-service", async () => {
  await lab.kdc.addService("imap/localhost@POPLAR.TEST", `${lab.kdc.directory}/imap.keytab`);
  const client = await clientOf("alice@POPLAR.TEST", "localhost", "imap");
  await assertRefused(handshake(await client.apReq("mutual")), {
    answer: KRB_ERROR,
    reason: "wrong-service",
    detail: /imap\/localhost@POPLAR\.TEST/,
  });
});

test("a ticket of a realm that the keytab has no key of is refused as unknown-realm", async () => {
  await lab.kdc.addService("pop/elsewhere@OTHER.TEST", `${lab.kdc.directory}/other.keytab`);
  const client = await clientOf("alice@OTHER.TEST", "elsewhere");
  await assertRefused(handshake(await client.apReq("one-way")), {
    answer: KRB_ERROR,
    reason: "unknown-realm",
    detail: /pop\/elsewhere@OTHER\.TEST/,
  });
});

test("a changed ticket is refused as wrong-key, and so is a changed authenticator", async () => {
  for (const from of [-1, -400]) {
    const changed = await alice.apReq("one-way");
    changed[changed.length + from]! ^= 1;
    await assertRefused(handshake(changed), {
      answer: KRB_ERROR,
      reason: "wrong-key",
      detail: /decrypt.*\(ticket for pop\/localhost@POPLAR\.TEST\)$/i,
    });
  }
});

test("recorded octets are refused as replayed", async () => {
  for (const mutual of ["mutual", "one-way"] as const) {
    const recorded = `${handshake(await alice.apReq(mutual))}USER alice\r\nPASS x\r\nQUIT\r\n`;
    assert.match(await say(lab.kpopPort, recorded), /maildrop open/);
    await assertRefused(recorded, {
      answer: KRB_ERROR,
      reason: "replayed",
      detail: /replay \(ticket for pop\/localhost@POPLAR\.TEST\)$/,
    });
  }
});

test("a ticket that has expired is refused as ticket-expired", async () => {
  const client = await lab.kdc.login(tests, "alice@POPLAR.TEST", { lifetime: "2s" });
  await client.fetch("pop", "localhost");
  const show = async (): Promise<string> => say(lab.kpopPort, handshake(await client.apReq("one-way")));
  // Two seconds of life, and two of skew.
  await until("the ticket to expire", async () => !(await show()).includes("+OK"));
  await assertRefused(handshake(await client.apReq("one-way")), {
    answer: KRB_ERROR,
    reason: "ticket-expired",
    detail: /^Ticket expired \(ticket for pop\/localhost@POPLAR\.TEST\)$/,
  });
});

test("a client whose clock is an hour ahead is refused as clock-skew", async () => {
  const client = await lab.kdc.login(tests, "alice@POPLAR.TEST", { lifetime: "4h", clockOffset: "+1h" });
  await client.fetch("pop", "localhost");
  await assertRefused(handshake(await client.apReq("one-way")), {
    answer: KRB_ERROR,
    reason: "clock-skew",
    detail: /^Clock skew too great \(ticket for pop\/localhost@POPLAR\.TEST\)$/,
  });
});

test("who sends on after a frame of four gigabytes fills no memory", async () => {
  const residentOctets = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${lab.server.ports.http}/metrics`)).text();
    return Number(/^process_resident_memory_bytes(?:\{.*\})? (\S+)$/m.exec(metrics)?.[1]);
  };
  const megabyte = "x".repeat(1_048_576);
  const send = async (megabytes: number): Promise<void> => {
    for (let sent = 0; sent < megabytes; sent += 1) {
      using client = await LabClient.connect(lab.kpopPort);
      client.send(VERSIONS + FOUR_GIGABYTES + megabyte);
      // The server hangs up on octets that it has not read: that may come as a reset.
      await once(client.socket, "close");
    }
  };
  // What Node takes for its buffers, it keeps.
  await send(64);
  const kept = await residentOctets();
  await send(128);
  const grown = (await residentOctets()) - kept;
  assert.ok(grown < 32 * 1_048_576, `${grown} octets more`);
});

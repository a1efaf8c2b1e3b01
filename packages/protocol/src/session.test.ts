import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Effect } from "./decision.ts";
import type { Fault } from "./fault.ts";
import { ScanListing } from "./scan-listing.ts";
import { Session } from "./session.ts";
import type { SessionSettings } from "./session-settings.ts";

const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

const listing = (): ScanListing =>
  new ScanListing({
    octets: Float64Array.of(120, 200),
    uids: Float64Array.of(1, 2),
    uniqueIdPrefix: "p",
    importedUniqueIds: undefined,
  });

const LIMITS = { commandLineOctetsMax: 255, responseLineOctetsMax: 65_536, faultsMax: 1_000 };

function session(changes: Partial<SessionSettings> = {}): Session {
  return new Session({
    greeting: "ready",
    link: {
      isTlsActive: false,
      isTlsOffered: true,
      isPlaintextLoginAllowed: true,
      implementation: "x".repeat(600),
      isSdpsOffered: true,
      isLastOffered: true,
      rpop: "possible",
      boards: [{ name: "news", address: "news@example.test", hasArchive: true }],
      mechanisms: () => ["PLAIN", "SCRAM-SHA-256"],
    },
    limits: LIMITS,
    observer: { commanded: () => {}, refused: () => {} },
    ...changes,
  });
}

/** A session with an open maildrop and nothing more to say. */
function opened(changes: Partial<SessionSettings> = {}): Session {
  const open = session(changes);
  open.receive(octetsOf("USER alice\r\nPASS secret\r\n"));
  assert.equal(open.next()?.do, "authenticate");
  open.opened(listing());
  open.takeReplies();
  return open;
}

function say(to: Session, text: string): { effect: Effect | undefined; replies: string } {
  to.receive(octetsOf(text));
  const effect = to.next();
  return { effect, replies: to.takeReplies() };
}

/** Answers an effect in one of the ways in which a driver may. */
function answer(to: Session, effect: Effect, isRefused: boolean): void {
  const fault: Fault = { fault: "storage-down", cause: "on purpose" };
  switch (effect.do) {
    case "authenticate":
    case "verify-apop":
    case "verify-rpop":
      return to.opened(isRefused ? fault : listing());
    case "start-exchange":
      return to.challenged(Buffer.from("who?"));
    case "continue-exchange":
      if (effect.response.length === 1) return to.challenged(effect.response);
      return to.opened(isRefused ? fault : listing());
    case "find-envelope":
      return to.enveloped(
        effect.number,
        isRefused ? fault : { maildrop: ".a", reversePath: "b\r\nc", recipient: "x".repeat(70_000) },
      );
    case "send-message":
      return isRefused ? to.refuse(fault) : to.resume();
    case "send-slices":
    case "flush":
    case "cancel-exchange":
      return to.resume();
    case "start-tls":
      return to.tlsStarted();
    case "update":
      return to.updated(isRefused ? fault : undefined);
    case "survey-boards":
      return to.surveyed(isRefused ? fault : effect.boards.map(() => 7));
    case "open-board":
      return to.switched(isRefused ? fault : listing(), isRefused && effect.deleted.length > 0);
    case "check-password":
    case "open":
      return assert.fail("no version before the third is spoken here");
    case "close":
  }
}

/** Octets of any kind, between commands that lead deep into the session. */
const chunk = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(
      "USER a\r\nPASS b\r\n",
      "RETR 1\r\n",
      "DELE 1\r\n",
      "LIST\r\n",
      "TOP 2 0\r\n",
      "STLS\r\n",
      "CAPA\r\n",
      "AUTH\r\n",
      "AUTH PLAIN\r\n",
      "AUTH PLAIN =\r\n",
      "*ENV 1\r\n",
      "LAST\r\n",
      "USER a\r\nRPOP b\r\n",
      "XTND BBOARDS\r\n",
      "XTND BBOARDS news\r\n",
      "XTND X-BBOARDS news\r\n",
      `APOP alice ${"0".repeat(32)}\r\n`,
    )
    .map(octetsOf),
  fc.constantFrom("RSET\r\n", "QUIT\r\n", "USER [AUTH]\r\n", "[\r\n", "x".repeat(300), "\r\n").map(octetsOf),
  fc.constantFrom("AA==\r\n", "AAAA\r\n", "*\r\n", "A\r\n", "V".repeat(70_000)).map(octetsOf),
);

/** Each of its octets may complete a command, which ends the session at last. */
const effectsOfChunkMax = 100;

test("no octets make a session throw, in no state; each reply is one line of at most 512 octets. RFC 2449 §4", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(chunk, fc.boolean()), { maxLength: 40 }), (chunks) => {
      const any = session();
      any.greet();
      let replies = any.takeReplies();
      for (const [octets, isRefused] of chunks) {
        any.receive(octets);
        let effects = 0;
        for (let effect = any.next(); effect !== undefined; effect = any.next()) {
          replies += any.takeReplies();
          answer(any, effect, isRefused);
          effects += 1;
          assert.ok(effects <= effectsOfChunkMax, "each effect answers something that came");
        }
        assert.ok(any.heldOctets < 65_536, "less than a line is held once all effects are answered");
        replies += any.takeReplies();
      }
      const lists = /^\+OK [a-z ]+ follows?\r\n(?:(?!\.\r\n).*\r\n)+\.\r\n/gm;
      const lines = replies.replace(lists, "").split("\r\n");
      assert.equal(lines.pop(), "");
      for (const line of lines) {
        assert.ok(line.length <= 510);
        assert.match(line, /^(?:\+OK|-ERR) (?:\[(?:AUTH|IN-USE|SYS\/TEMP)\] )?[^[]|^\+ [A-Za-z0-9+/]*=*$/);
      }
    }),
  );
});

test("while an effect is under way octets wait, and count as held", () => {
  const waiting = session();
  assert.equal(say(waiting, "USER alice\r\nPASS secret\r\nSTAT\r\n").effect?.do, "authenticate");
  waiting.receive(octetsOf("NOOP\r\n"));
  assert.equal(waiting.next(), undefined);
  assert.equal(waiting.takeReplies(), "");
  assert.equal(waiting.heldOctets, "STAT\r\nNOOP\r\n".length);
  waiting.opened(listing());
  assert.equal(waiting.next(), undefined);
  assert.equal(waiting.heldOctets, 0);
  assert.match(waiting.takeReplies(), /^\+OK .*\r\n\+OK 2 320\r\n\+OK .*\r\n$/);
});

test("many replies are written before more are made", () => {
  const busy = opened();
  busy.receive(octetsOf("NOOP\r\n".repeat(10_000)));
  const written: string[] = [];
  for (let effect = busy.next(); effect !== undefined; effect = busy.next()) {
    assert.equal(effect.do, "flush");
    written.push(busy.takeReplies());
    busy.resume();
  }
  written.push(busy.takeReplies());
  for (const replies of written) assert.ok(replies.length < 66_000);
  assert.equal(written.join("").split("\r\n").length - 1, 10_000);
});

test("the name and the password are handed over as they came. RFC 1939 §7", () => {
  const { effect } = say(session(), "USER \xc3\xa4lice  \r\nPASS  a\0 \xff \r\n");
  assert.ok(effect?.do === "authenticate");
  assert.equal(effect.name, "älice");
  assert.equal(Buffer.from(effect.password).toString("latin1"), " a\0 \xff ");
});

test("too many refused commands end the session; a login begins the count anew", () => {
  const limits = { ...LIMITS, faultsMax: 3 };
  const patient = session({ limits });
  assert.equal(say(patient, "X\r\nX\r\nUSER alice\r\nPASS secret\r\n").effect?.do, "authenticate");
  patient.opened(listing());
  assert.equal(say(patient, "X\r\nX\r\n").effect, undefined);
  const { effect, replies } = say(patient, "X\r\nDELE 1\r\n");
  assert.deepEqual(effect, { do: "close", reason: "too-many-faults" });
  assert.match(replies, /^-ERR unknown command; .*\r\n$/);
  const guessing = session({ limits });
  for (let guess = 1; guess <= 3; guess += 1) {
    assert.equal(say(guessing, "USER alice\r\nPASS wrong\r\n").effect?.do, "authenticate");
    guessing.opened({ fault: "bad-credentials" });
  }
  assert.equal(guessing.next()?.do, "close");
});

test("after login they have to come one after the other: who asks for each message what is unknown here is served", () => {
  const asking = opened({ limits: { ...LIMITS, faultsMax: 3 } });
  for (let time = 0; time < 10; time += 1) {
    const { effect, replies } = say(asking, "XSENDER 1\r\nXTND XLST\r\nSTAT\r\n");
    assert.equal(effect, undefined);
    assert.match(replies, /^-ERR .*\r\n-ERR .*\r\n\+OK 2 320\r\n$/);
  }
  assert.deepEqual(say(asking, "XSENDER 1\r\nXSENDER 2\r\nXSENDER 2\r\nQUIT\r\n").effect, {
    do: "close",
    reason: "too-many-faults",
  });
  const stranger = session({ limits: { ...LIMITS, faultsMax: 3 } });
  assert.equal(say(stranger, "X\r\nCAPA\r\nX\r\nCAPA\r\nX\r\n").effect?.do, "close");
});

test("what is not the client's doing does not count against it", () => {
  const patient = opened({ limits: { ...LIMITS, faultsMax: 2 } });
  for (let time = 0; time < 10; time += 1) {
    assert.equal(say(patient, "RETR 7\r\n").effect, undefined);
    assert.equal(say(patient, "RETR 1\r\n").effect?.do, "send-message");
    patient.refuse({ fault: "storage-down", cause: "on purpose" });
  }
  assert.equal(patient.state, "TRANSACTION");
});

test("a board may be read with deletes, as a maildrop is: that they are refused cuts nobody off. RFC 1082", () => {
  const reading = opened({ limits: { ...LIMITS, faultsMax: 2 } });
  assert.equal(say(reading, "XTND BBOARDS news\r\n").effect?.do, "open-board");
  reading.switched(listing(), true);
  reading.takeReplies();
  const { effect, replies } = say(reading, "DELE 1\r\nDELE 2\r\nDELE 1\r\nSTAT\r\n");
  assert.equal(effect, undefined);
  assert.match(replies, /^(?:-ERR bulletin boards are read-only\r\n){3}\+OK 2 320\r\n$/);
});

test("a login that waits for a policy service may be tried again and again", () => {
  const patient = session({ limits: { ...LIMITS, faultsMax: 2 } });
  for (let time = 0; time < 5; time += 1) {
    assert.equal(say(patient, "USER alice\r\nPASS secret\r\n").effect?.do, "authenticate");
    patient.opened({ fault: "policy-service-down", cause: "on purpose" });
  }
  assert.equal(patient.next(), undefined);
});

test("the observer hears keywords that exist, and each fault", () => {
  const heard: string[] = [];
  const observer = {
    commanded: (verb: string) => heard.push(verb),
    refused: ({ fault }: Fault) => heard.push(fault),
  };
  say(session({ observer }), `noop\r\nconstructor\r\nuser\r\n${"x".repeat(300)}\r\n`);
  const expected = "NOOP wrong-state unknown unknown-command USER syntax unknown line-too-long";
  assert.equal(heard.join(" "), expected);
});

test("a session that is dismissed says why and closes; what is held is not read", () => {
  const open = opened();
  open.receive(octetsOf("DELE 1\r\nQUIT\r\n"));
  open.dismiss({ fault: "shutting-down" });
  assert.match(open.takeReplies(), /^-ERR \[SYS\/TEMP\] .*\r\n$/);
  assert.deepEqual(open.next(), { do: "close", reason: "dismissed" });
  assert.equal(open.next(), undefined);
});

test("dismissing answers the command under way, and changes nothing when the session is ending", () => {
  const failing = session();
  assert.equal(say(failing, "USER alice\r\nPASS secret\r\n").effect?.do, "authenticate");
  failing.dismiss({ fault: "internal", cause: "a bug" });
  assert.match(failing.takeReplies(), /^-ERR \[SYS\/TEMP\] .*\r\n$/);
  const leaving = opened();
  assert.equal(say(leaving, "QUIT\r\n").effect?.do, "update");
  leaving.updated(undefined);
  leaving.dismiss({ fault: "shutting-down" });
  assert.equal(leaving.takeReplies(), "+OK bye\r\n");
  assert.deepEqual(leaving.next(), { do: "close", reason: "quit" });
  leaving.dismiss({ fault: "shutting-down" });
  assert.equal(leaving.takeReplies(), "");
});

test("between STLS and the handshake nothing is taken from the wire. RFC 2595 §4", () => {
  const clear = session();
  assert.equal(say(clear, "STLS\r\nUSER alice\r\n").effect?.do, "start-tls");
  clear.receive(octetsOf("PASS secret\r\n"));
  assert.equal(clear.heldOctets, 0);
  clear.tlsStarted();
  assert.equal(clear.next(), undefined);
  assert.equal(clear.takeReplies(), "");
});

test("an answer to what was not asked is a bug of the driver", () => {
  assert.throws(() => session().resume(), /nothing/);
  const open = opened();
  assert.equal(say(open, "RETR 1\r\n").effect?.do, "send-message");
  assert.throws(() => open.updated(undefined), /send-message/);
});

test("what an exchange is told is what the client said; nothing, and nothing said, are two things. RFC 5034 §4", () => {
  const asked = session();
  const begun = say(asked, "auth plain\r\n").effect;
  assert.deepEqual(begun, { do: "start-exchange", mechanism: "PLAIN", response: undefined });
  asked.challenged(new Uint8Array(0));
  assert.equal(asked.takeReplies(), "+ \r\n");
  const gone = say(asked, "\r\n").effect;
  assert.deepEqual(gone, { do: "continue-exchange", response: new Uint8Array(0) });
  const empty = say(session(), "AUTH PLAIN =\r\n").effect;
  assert.deepEqual(empty, { do: "start-exchange", mechanism: "PLAIN", response: new Uint8Array(0) });
});

test("an exchange that ends in any way but a challenge is over: the next line is a command", () => {
  for (const line of ["*", "AA=A", "AAAA ", "=", "A".repeat(65_535)]) {
    const asked = session();
    assert.equal(say(asked, "AUTH PLAIN\r\n").effect?.do, "start-exchange");
    asked.challenged(new Uint8Array(0));
    asked.takeReplies();
    const { effect, replies } = say(asked, `${line}\r\nQUIT\r\n`);
    assert.deepEqual(effect, { do: "cancel-exchange" });
    assert.match(replies, /^-ERR .*\r\n$/);
    asked.resume();
    assert.equal(asked.next()?.do, "close");
  }
});

test("a response of 64 KiB is one, where a command of 255 octets is the longest. RFC 5034 §4", () => {
  const asked = session();
  assert.equal(say(asked, "AUTH OAUTHBEARER\r\n").effect?.do, "start-exchange");
  asked.challenged(new Uint8Array(0));
  const { effect } = say(asked, `${"V".repeat(65_532)}\r\n`);
  assert.ok(effect?.do === "continue-exchange");
  assert.equal(effect.response.length, 49_149);
});

test("breaking off exchanges ends the session as other refusals do", () => {
  const asked = session({ limits: { ...LIMITS, faultsMax: 2 } });
  for (const expected of ["start-exchange", "start-exchange", "close"]) {
    const { effect } = say(asked, "AUTH PLAIN\r\n");
    assert.equal(effect?.do, expected);
    if (effect?.do !== "start-exchange") return;
    asked.challenged(new Uint8Array(0));
    assert.equal(say(asked, "*\r\n").effect?.do, "cancel-exchange");
    asked.resume();
  }
});

test("an envelope has four lines, however it came to be written, and the null reverse-path is a space. SDPS", () => {
  const open = opened();
  const { effect } = say(open, "*env 2\r\n");
  assert.ok(effect?.do === "find-envelope");
  open.enveloped(effect.number, { maildrop: "host", reversePath: "", recipient: ".dot\r\n.@host" });
  assert.equal(open.takeReplies(), "+OK envelope follows\r\np.2\r\nhost\r\n \r\n..dot??.@host\r\n.\r\n");
});

test("a timestamp stands at the end of the greeting, whole, and is a msg-id. RFC 1939 §7", () => {
  const long = session({ greeting: "x".repeat(600) });
  const timestamp = `<1@${"h".repeat(255)}>`;
  long.greet(timestamp);
  const said = long.takeReplies();
  assert.ok(said.endsWith(` ${timestamp}\r\n`) && said.length <= 512);
  for (const none of ["", "<1>", "1@host", "<1@ho st>", "<1@host>\r\n"]) {
    assert.throws(() => session().greet(none), /timestamp/);
  }
});

test("a greeting announces neither APOP nor a response code. RFC 1939 §7, RFC 2449 §8", () => {
  for (const greeting of ["[SYS/TEMP] x", "host <1.2@host>", "two\r\nlines", "höst"]) {
    assert.throws(() => session({ greeting }), /greeting/);
  }
});

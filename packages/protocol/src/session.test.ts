import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Effect } from "./decision.ts";
import type { Fault } from "./fault.ts";
import { ScanListing } from "./scan-listing.ts";
import { Session, type SessionSettings } from "./session.ts";

const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

const listing = (): ScanListing =>
  new ScanListing({
    octets: Float64Array.of(120, 200),
    uids: Float64Array.of(1, 2),
    uniqueIdPrefix: "p",
    importedUniqueIds: undefined,
  });

function session(changes: Partial<SessionSettings> = {}): Session {
  return new Session({
    greeting: "ready",
    link: {
      isTlsActive: false,
      isTlsOffered: true,
      isPlaintextLoginAllowed: true,
      implementation: "x".repeat(600),
    },
    limits: { commandLineOctetsMax: 255, faultsMax: 1_000 },
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
      return to.opened(isRefused ? fault : listing());
    case "send-message":
      return isRefused ? to.refuse(fault) : to.resume();
    case "send-slices":
    case "flush":
      return to.resume();
    case "start-tls":
      return to.tlsStarted();
    case "update":
      return to.updated(isRefused ? fault : undefined);
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
    )
    .map(octetsOf),
  fc.constantFrom("RSET\r\n", "QUIT\r\n", "USER [AUTH]\r\n", "[\r\n", "x".repeat(300), "\r\n").map(octetsOf),
);

test("no octets make a session throw, in no state; each reply is one line of at most 512 octets. RFC 2449 §4", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(chunk, fc.boolean()), { maxLength: 40 }), (chunks) => {
      const any = session();
      any.greet();
      let replies = any.takeReplies();
      for (const [octets, isRefused] of chunks) {
        any.receive(octets);
        for (let effect = any.next(); effect !== undefined; effect = any.next())
          answer(any, effect, isRefused);
        assert.ok(any.heldOctets < 255, "less than a line is held once all effects are answered");
        replies += any.takeReplies();
      }
      const lists = /^\+OK capability list follows\r\n(?:[A-Z]+(?:-[A-Z]+)*(?: [x]+)?\r\n)+\.\r\n/gm;
      const lines = replies.replace(lists, "").split("\r\n");
      assert.equal(lines.pop(), "");
      for (const line of replies.split("\r\n")) assert.ok(line.length <= 510);
      for (const line of lines) {
        assert.match(line, /^(?:\+OK|-ERR) (?:\[(?:AUTH|IN-USE|SYS\/TEMP)\] )?[^[]/);
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
  const limits = { commandLineOctetsMax: 255, faultsMax: 3 };
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

test("what is not the client's doing does not count against it", () => {
  const patient = opened({ limits: { commandLineOctetsMax: 255, faultsMax: 2 } });
  for (let time = 0; time < 10; time += 1) {
    assert.equal(say(patient, "RETR 7\r\n").effect, undefined);
    assert.equal(say(patient, "RETR 1\r\n").effect?.do, "send-message");
    patient.refuse({ fault: "storage-down", cause: "on purpose" });
  }
  assert.equal(patient.state, "TRANSACTION");
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

test("a greeting announces neither APOP nor a response code. RFC 1939 §7, RFC 2449 §8", () => {
  for (const greeting of ["[SYS/TEMP] x", "host <1.2@host>", "two\r\nlines", "höst"]) {
    assert.throws(() => session({ greeting }), /greeting/);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Effect } from "/work/main/packages/protocol/src/decision.ts";
import type { Fault } from "/work/main/packages/protocol/src/fault.ts";
import { ScanListing } from "/work/main/packages/protocol/src/scan-listing.ts";
import { Session } from "/work/main/packages/protocol/src/session.ts";
import type { SessionSettings } from "/work/main/packages/protocol/src/session-settings.ts";

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
      `APOP alice ${"0".repeat(32)}\r\n`,
    )
    .map(octetsOf),
  fc.constantFrom("RSET\r\n", "QUIT\r\n", "USER [AUTH]\r\n", "[\r\n", "x".repeat(300), "\r\n").map(octetsOf),
  fc.constantFrom("AA==\r\n", "AAAA\r\n", "*\r\n", "A\r\n", "V".repeat(70_000)).map(octetsOf),
);

test("no octets make a session throw, in no state; each reply is one line of at most 512 octets. RFC 2449 §4", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(chunk, fc.boolean()), { maxLength: 40 }), (chunks) => {
      const t0 = performance.now();
      globalThis.current = chunks;
      const any = session();
      any.greet();
      let replies = any.takeReplies();
      for (const [octets, isRefused] of chunks) {
        any.receive(octets);
        for (let effect = any.next(); effect !== undefined; effect = any.next())
          answer(any, effect, isRefused);
        assert.ok(any.heldOctets < 65_536, "less than a line is held once all effects are answered");
        replies += any.takeReplies();
      }
      const t1 = performance.now(); if (t1 - t0 > 1000) console.log("SLOW session", t1 - t0, replies.length);
      const lists = /^\+OK [a-z ]+ follows?\r\n(?:(?!\.\r\n).+\r\n)+\.\r\n/gm;
      const lines = replies.replace(lists, "").split("\r\n");
      assert.equal(lines.pop(), "");
      for (const line of lines) {
        assert.ok(line.length <= 510);
        assert.match(line, /^(?:\+OK|-ERR) (?:\[(?:AUTH|IN-USE|SYS\/TEMP)\] )?[^[]|^\+ [A-Za-z0-9+/]*=*$/);
      }
      const t2 = performance.now(); if (t2 - t1 > 500) console.log("SLOW checks", t2 - t1, replies.length, JSON.stringify(replies.slice(0,300)));
    }), { numRuns: 30000 },
  );
});



import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Effect } from "../decision.ts";
import type { Fault } from "../fault.ts";
import type { PopSession } from "../pop-session.ts";
import { ScanListing } from "../scan-listing.ts";
import { createSession, type PopVersion } from "../versions.ts";
import { Unstuffer, WireEncoder } from "../wire-form.ts";
import { quotedWords } from "./quoted-words.ts";

const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

const listing = (): ScanListing =>
  new ScanListing({
    octets: Float64Array.of(120, 0, 200),
    uids: Float64Array.of(1, 2, 3),
    uniqueIdPrefix: "p",
    importedUniqueIds: undefined,
  });

function session(version: PopVersion): PopSession {
  const begun = createSession(version, {
    greeting: "mail.example.test ready",
    link: {
      isTlsActive: false,
      isTlsOffered: false,
      isPlaintextLoginAllowed: true,
      implementation: undefined,
      isSdpsOffered: false,
      mechanisms: () => [],
    },
    limits: { commandLineOctetsMax: 255, responseLineOctetsMax: 65_536, faultsMax: 10 },
    observer: { commanded: () => {}, refused: () => {} },
  });
  begun.greet();
  return begun;
}

/** What a driver knows of the maildrop, so that a session can be caught at asking for what is not there. */
interface World {
  isOpen: boolean;
  isChecked: boolean;
  readonly removed: number[];
}

function answer(to: PopSession, effect: Effect, world: World, isRefused: boolean): void {
  const fault: Fault = { fault: "storage-down", cause: "on purpose" };
  switch (effect.do) {
    case "check-password":
      world.isChecked = !isRefused;
      return to.checked(isRefused ? fault : undefined);
    case "authenticate":
    case "open":
      assert.ok(!world.isOpen, "a maildrop is opened twice");
      assert.equal(effect.do === "open", world.isChecked);
      world.isOpen = !isRefused;
      world.isChecked = true;
      return to.opened(isRefused ? fault : listing());
    case "send-message":
      assert.ok(world.isOpen);
      assert.equal(effect.isCounted, true);
      return isRefused ? to.refuse(fault) : to.resume();
    case "update":
      assert.ok(world.isOpen, "what is given back has to be open");
      world.isOpen = false;
      world.removed.push(...effect.deleted);
      return to.updated(isRefused ? fault : undefined);
    default:
      assert.equal(effect.do, "close");
  }
}

/** Plays what comes to its end. @returns everything that was said. */
function play(to: PopSession, world: World, text: string, isRefused: () => boolean): string {
  to.receive(octetsOf(text));
  let said = "";
  for (let effect = to.next(); effect !== undefined; effect = to.next()) {
    said += to.takeReplies();
    if (effect.do === "close") return said;
    answer(to, effect, world, isRefused());
  }
  return said + to.takeReplies();
}

const COMMANDS: Readonly<Record<"pop1" | "pop2", readonly string[]>> = {
  // biome-ignore format: as they come
  pop1: ["USER a", "PASS b", "RETR INBOX", "RDEL a", "RDEL x", "RCEV", "RECV", "RCVD", "RSET", "NOOP", "QUIT", "X"],
  // biome-ignore format: as they come
  pop2: ["HELO a b", "FOLD INBOX", "FOLD x y", "READ", "READ 1", "READ 2", "READ 99", "RETR", "ACKS", "ACKD", "NACK", "QUIT"],
};

const REPLY = { pop1: /^(?:\+OK|-ERR |#[0-9]+ )/, pop2: /^(?:\+ |- |#[0-9]+ |=[0-9]+ )/ };

for (const version of ["pop1", "pop2"] as const) {
  test(`${version}: whatever comes, replies are lines of the grammar and only an open maildrop is asked for`, () => {
    const lines = fc.array(fc.constantFrom(...COMMANDS[version]), { maxLength: 30 });
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (commands, chances) => {
        const world: World = { isOpen: false, isChecked: false, removed: [] };
        const said = play(
          session(version),
          world,
          commands.map((line) => `${line}\r\n`).join(""),
          () => chances.next().value === 0,
        );
        for (const line of said.split("\r\n").slice(0, -1)) assert.match(line, REPLY[version]);
      }),
      { numRuns: 500 },
    );
  });

  test(`${version}: octets that are no commands never throw, and hold no more than a command line`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), (chunks) => {
        const begun = session(version);
        const world: World = { isOpen: false, isChecked: false, removed: [] };
        for (const chunk of chunks) {
          play(begun, world, Buffer.from(chunk).toString("latin1"), () => false);
          assert.ok(begun.heldOctets <= 512);
        }
      }),
    );
  });
}

test("a message that fails under way is followed by no words: they would be taken for mail (RFC 937)", () => {
  const begun = session("pop2");
  const world: World = { isOpen: false, isChecked: false, removed: [] };
  play(begun, world, "HELO a b\r\nREAD 1\r\n", () => false);
  assert.equal(
    play(begun, world, "RETR\r\n", () => true),
    "",
  );
});

test("what is unstuffed is what was delivered, wherever it was cut", () => {
  const content = fc
    .array(fc.constantFrom(".", "..", "a", "\r\n", "\r\n.\r\n"), { maxLength: 30 })
    .map((all) => `${all.join("")}\r\n`);
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 7 }), (text, step) => {
      const encoder = new WireEncoder();
      const wire = Buffer.concat([...encoder.encode(octetsOf(text)), ...encoder.finish()]);
      const unstuffer = new Unstuffer();
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < wire.length; at += step)
        pieces.push(...unstuffer.take(wire.subarray(at, at + step)));
      const unstuffed = Buffer.concat(pieces);
      assert.equal(unstuffed.toString("latin1"), text);
      assert.equal(unstuffed.length, encoder.octets);
    }),
  );
});

test("quoted words are read back as they were (RFC 937)", () => {
  const word = fc.string({ unit: fc.constantFrom("a", " ", "\\", "ü"), minLength: 1 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const line = words.map((each) => each.replace(/[ \\]/g, "\\$&")).join(" ");
      assert.deepEqual(
        quotedWords(Buffer.from(line))?.map((each) => Buffer.from(each).toString()),
        words,
      );
    }),
  );
  assert.equal(quotedWords(Buffer.from("a\\")), undefined);
});

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { AP_REQ_OCTETS_MAX, type KpopEvent, KpopFrames } from "./kpop-frames.ts";

const frame = (content: Uint8Array | string): Buffer => {
  const octets = typeof content === "string" ? Buffer.from(content, "latin1") : Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length);
  return Buffer.concat([length, octets]);
};

const VERSIONS = Buffer.concat([frame("KRB5_SENDAUTH_V1.0\0"), frame("KPOPV1.0\0")]);

const play = (...chunks: readonly Uint8Array[]): { frames: KpopFrames; events: readonly KpopEvent[] } => {
  const frames = new KpopFrames();
  const events: KpopEvent[] = [];
  for (const chunk of chunks) {
    frames.receive(chunk);
    for (let event = frames.next(); event !== undefined; event = frames.next()) events.push(event);
  }
  return { frames, events };
};

const refusedWith = (octets: Uint8Array): readonly [string, readonly number[]] => {
  const last = play(octets).events.at(-1);
  assert.ok(last?.event === "refused", JSON.stringify(last));
  return [last.why.refusal, [...last.reply]];
};

test("both versions are answered with one octet, then comes the AP-REQ, then what belongs to POP3", () => {
  const { frames, events } = play(VERSIONS, frame("ticket"), Buffer.from("USER alice\r\n"));
  assert.deepEqual(
    events.map(({ event }) => event),
    ["versions-accepted", "ap-req"],
  );
  assert.ok(
    events[0]?.event === "versions-accepted" && events[0].reply.length === 1 && events[0].reply[0] === 0,
  );
  assert.ok(events[1]?.event === "ap-req");
  assert.equal(Buffer.from(events[1].apReq).toString(), "ticket");
  assert.equal(Buffer.from(frames.takeRest()).toString(), "USER alice\r\n");
});

test("however the octets are cut, the events are the same", () => {
  const stream = Buffer.concat([VERSIONS, frame("a ticket"), Buffer.from("USER alice\r\n")]);
  const whole = play(stream);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 60 }), (cuts) => {
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const cut = play(...bounds.slice(1).map((end, at) => stream.subarray(bounds[at], end)));
      assert.deepEqual(cut.events, whole.events);
      assert.deepEqual(cut.frames.takeRest(), play(stream).frames.takeRest());
    }),
  );
});

test("a wrong sendauth version is answered with 1, after the second version was read", () => {
  const wrong = frame("KRB5_SENDAUTH_V9.9\0");
  assert.deepEqual(play(wrong).events, []);
  const refused = ["bad-sendauth-version", [1]];
  assert.deepEqual(refusedWith(Buffer.concat([wrong, frame("KPOPV1.0\0")])), refused);
  assert.deepEqual(refusedWith(Buffer.concat([wrong, frame("POPPY")])), refused);
  assert.deepEqual(refusedWith(Buffer.concat([wrong, Buffer.from([0xff, 0, 0, 0])])), refused);
});

test("a wrong application version is answered with 2; whole names are compared", () => {
  const first = frame("KRB5_SENDAUTH_V1.0\0");
  for (const name of ["KPOPV1.0", "KPOPV1.0\0\0", "KPOPV1.1\0", "KPOP", ""]) {
    assert.deepEqual(refusedWith(Buffer.concat([first, frame(name)])), ["bad-application-version", [2]]);
  }
});

test("Kerberos 4 is known by its first four octets, and gets no answer", () => {
  assert.deepEqual(refusedWith(Buffer.from("AUTH")), ["kerberos-4", []]);
  assert.deepEqual(refusedWith(Buffer.from("AUTHV0.1\0\0\0\0KPOPV0.1")), ["kerberos-4", []]);
});

test("a POP3 or HTTP client on this port is told by its first four octets", () => {
  for (const hello of ["CAPA\r\n", "GET / HTTP/1.1\r\n"]) {
    assert.deepEqual(refusedWith(Buffer.from(hello)), ["bad-sendauth-version", [1]]);
  }
});

test("a huge frame is refused by its length, before any of it is held", () => {
  const length = (octets: number): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(octets);
    return head;
  };
  assert.deepEqual(refusedWith(length(0xffffffff)), ["bad-sendauth-version", [1]]);
  const [reason, reply] = refusedWith(Buffer.concat([VERSIONS, length(AP_REQ_OCTETS_MAX + 1)]));
  assert.equal(reason, "frame-too-long");
  // A frame with a KRB-ERROR.
  assert.equal(reply[3], reply.length - 4);
  assert.equal(reply[4], 0x7e);
});

test("an AP-REQ of the greatest length arrives octet by octet in linear time", () => {
  const stream = Buffer.concat([VERSIONS, frame(Buffer.alloc(AP_REQ_OCTETS_MAX, 7))]);
  const events = play(...Array.from(stream, (octet) => Uint8Array.of(octet))).events;
  assert.ok(events[1]?.event === "ap-req");
  assert.equal(events[1].apReq.length, AP_REQ_OCTETS_MAX);
});

test("a client that leaves in the middle is truncated, one that leaves after its AP-REQ is not", () => {
  const stream = Buffer.concat([VERSIONS, frame("ticket")]);
  for (let octets = 0; octets < stream.length; octets += 1) {
    const event = play(stream.subarray(0, octets)).frames.close();
    assert.ok(event?.event === "refused" && event.why.refusal === "truncated");
  }
  assert.equal(play(stream).frames.close(), undefined);
});

test("any octets at all lead to an end, once", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 10 }), (chunks) => {
      const { frames, events } = play(...chunks);
      const ends = events.filter(({ event }) => event !== "versions-accepted").length;
      assert.equal(ends + (frames.close() === undefined ? 0 : 1), 1);
      assert.equal(frames.next(), undefined);
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BackendMessage, MessageSplitter } from "./message-splitter.ts";

const encode = ({ type, payload }: BackendMessage): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt8(type, 0);
  header.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
};

const messages = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    payload: fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)),
  }),
);

test("messages are the same however the octets are cut", () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
      const wire = Buffer.concat(sent.map(encode));
      const heard: BackendMessage[] = [];
      const splitter = new MessageSplitter(({ type, payload }) =>
        heard.push({ type, payload: Buffer.from(payload) }),
      );
      // One buffer for all chunks, as the sockets of lanes have it.
      const read = Buffer.alloc(wire.length);
      for (let at = 0, turn = 0; at < wire.length; turn += 1) {
        const octets = cuts[turn % cuts.length] ?? 1;
        splitter.push(read.subarray(0, wire.copy(read, 0, at, at + octets)));
        at += octets;
      }
      assert.deepEqual(
        heard.map(({ type, payload }) => [type, payload.toString("hex")]),
        sent.map(({ type, payload }) => [type, payload.toString("hex")]),
      );
    }),
  );
});

test("a message within one chunk is not copied", () => {
  const chunk = encode({ type: 68, payload: Buffer.from("octets") });
  const heard: BackendMessage[] = [];
  new MessageSplitter((message) => heard.push(message)).push(chunk);
  assert.equal(heard[0]?.payload.buffer, chunk.buffer);
});

test("an impossible length is no message", () => {
  const splitter = new MessageSplitter(() => {});
  assert.throws(() => splitter.push(Buffer.from([68, 0, 0, 0, 3])), /not the Postgres protocol/);
  assert.throws(() => new MessageSplitter(() => {}).push(Buffer.from([68, 255, 0, 0, 0])));
});

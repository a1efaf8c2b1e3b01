import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { encodeLayerFrame, LayerFrames } from "./layer-frames.ts";
import { encodeOffer, type Layer, parseAnswer } from "./layer-offer.ts";

const drain = (frames: LayerFrames): readonly (Uint8Array | "too-long")[] => {
  const tokens: (Uint8Array | "too-long")[] = [];
  for (let token = frames.next(); token !== undefined; token = frames.next()) {
    tokens.push(token);
    if (token === "too-long") break;
  }
  return tokens;
};

test("RFC 4752 §3.2: the offer is a sum of layers and a size, which is 0 when no layer is offered", () => {
  assert.deepEqual([...encodeOffer(["none"], 65536)], [1, 0, 0, 0]);
  assert.deepEqual([...encodeOffer(["none", "integrity"], 65536)], [3, 1, 0, 0]);
  assert.deepEqual([...encodeOffer(["confidentiality"], 2 ** 30)], [4, 0xff, 0xff, 0xff]);
});

test("RFC 4752 §3.1: the answer chooses exactly one layer", () => {
  const layers: Readonly<Record<number, Layer>> = { 1: "none", 2: "integrity", 4: "confidentiality" };
  for (let bits = 0; bits < 256; bits += 1) {
    assert.equal(parseAnswer(Uint8Array.of(bits, 0, 16, 0))?.layer, layers[bits]);
  }
  assert.equal(parseAnswer(Uint8Array.of(2, 1, 2, 3))?.tokenOctetsMax, 0x010203);
});

test("RFC 4752 §3.1: the authzid is UTF-8 without NUL, but for one at its end", () => {
  const authzidOf = (text: Uint8Array | string): string | undefined | null => {
    const answer = parseAnswer(Buffer.concat([Uint8Array.of(1, 0, 0, 0), Buffer.from(text)]));
    return answer === undefined ? null : answer.authzid;
  };
  assert.equal(authzidOf(""), undefined);
  assert.equal(authzidOf("\0"), undefined);
  assert.equal(authzidOf("älice"), "älice");
  assert.equal(authzidOf("alice\0"), "alice");
  assert.equal(authzidOf("alice\0\0"), null);
  assert.equal(authzidOf("ali\0ce"), null);
  assert.equal(authzidOf(Uint8Array.of(0xff)), null);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (octets) => void parseAnswer(octets)));
});

test("RFC 4422 §3.7: tokens come out as they were framed, however the octets are cut", () => {
  const tokens = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 8 });
  fc.assert(
    fc.property(tokens, fc.array(fc.nat(900), { maxLength: 20 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(encodeLayerFrame));
      const bounds = [
        0,
        ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b),
        stream.length,
      ];
      const frames = new LayerFrames(100);
      const received = bounds.slice(1).flatMap((end, at) => {
        frames.receive(stream.subarray(bounds[at], end));
        return drain(frames);
      });
      assert.deepEqual(
        received.map((token) => Buffer.from(token)),
        sent.map((token) => Buffer.from(token)),
      );
    }),
  );
});

test("RFC 4422 §3.7: a token longer than was offered is refused by its length", () => {
  const frames = new LayerFrames(100);
  frames.receive(Uint8Array.of(0, 0, 0, 101));
  assert.deepEqual(drain(frames), ["too-long"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryCopy, WireContent } from "@poplar/maildrop";
import { SurrogateMeter, WireEncoder } from "@poplar/protocol";
import { measureSurrogates } from "./surrogate-octets.ts";

function contentOf(message: string): WireContent & { readonly wire: Buffer } {
  const encoder = new WireEncoder();
  const wire = Buffer.concat([...encoder.encode(Buffer.from(message)), ...encoder.finish()]);
  const { octets, headerWireOctets, wireOctets } = encoder;
  return {
    octets,
    headerWireOctets,
    wireOctets,
    wire,
    slices: () => [wire.subarray(0, 3), wire.subarray(3)],
  };
}

const copyFor = (recipient: string): DeliveryCopy => ({
  resolved: { recipient, maildropId: 1 },
  traceHeader: Buffer.from(`Return-Path: <a@b.test>\r\nDelivered-To: ${recipient}\r\n`),
});

for (const message of [
  "Subject: \u00e4\n\n\u00e4\n",
  " folded \u00e4\nSubject: \u00e4\n\n..\n",
  'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename="\u00e4"\n\n',
]) {
  test(`each copy of ${JSON.stringify(message)} knows the length of its own surrogate (RFC 6858)`, async () => {
    const content = contentOf(message);
    const copies = [copyFor("a@b.test"), copyFor("\u00fc@b.test")];
    const measured = await measureSurrogates(copies, content);
    assert.equal(measured.isInternationalised, true);
    for (const { traceHeader, surrogateOctets } of measured.copies) {
      const meter = new SurrogateMeter();
      meter.take(Buffer.concat([traceHeader, content.wire]));
      assert.equal(surrogateOctets, meter.finish());
    }
  });
}

test("a large message that begins with a blank is not read once more for each of its recipients", async () => {
  const content = contentOf(` folded \u00e4\n\n${"x\n".repeat(20_000)}`);
  let readings = 0;
  const counted = { ...content, slices: () => (readings++, content.slices()) };
  const copies = Array.from({ length: 1000 }, (_, at) => copyFor(`r${at}@b.test`));
  const measured = await measureSurrogates(copies, counted);
  assert.deepEqual(measured, { isInternationalised: true, copies });
  assert.ok(readings <= 2, `${readings}`);
});

test("mail that was declared internationalised and is ASCII in all headers is like any other (RFC 6531 §3.4)", async () => {
  const copies = [copyFor("a@b.test")];
  const measured = await measureSurrogates(copies, contentOf("Subject: a\n\n\u00e4\n"));
  assert.deepEqual(measured, { isInternationalised: false, copies });
});

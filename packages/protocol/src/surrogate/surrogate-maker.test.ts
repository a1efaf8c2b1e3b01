import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WireEncoder } from "../wire-form.ts";
import { SurrogateMaker, SurrogateMeter } from "./surrogate-maker.ts";

/** The surrogate of a message, whose pieces come as they are given. */
const surrogateOf = (...pieces: readonly Uint8Array[]): Buffer => madeBy(new SurrogateMaker(), pieces);

function madeBy(maker: SurrogateMaker, pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...pieces.flatMap((piece) => maker.take(piece)), ...maker.finish()]);
}

const wireOf = (message: string | Uint8Array): Buffer => {
  const encoder = new WireEncoder();
  return Buffer.concat([...encoder.encode(Buffer.from(message)), ...encoder.finish()]);
};

const shown = (message: string): string => surrogateOf(wireOf(message)).toString("latin1");

const decoded = (text: string): string =>
  text
    .replace(/\?=\s+=\?UTF-8\?B\?/g, "?==?UTF-8?B?")
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_word, base64: string) => Buffer.from(base64, "base64").toString());

test("an address that is not ASCII becomes nobody's, and says who was meant: RFC 6858 §2.1", () => {
  const from = shown("From: Fred Foo <fr\u00e9d@example.com>\n\n");
  assert.equal(
    decoded(from),
    "From: Fred Foo <fr\u00e9d@example.com> <invalid@internationalized-address.invalid>\r\n\r\n",
  );
  assert.equal(
    decoded(shown("To: j\u00f8ran@example.com\n\n")),
    "To: j\u00f8ran@example.com <invalid@internationalized-address.invalid>\r\n\r\n",
  );
});

test("addresses that are ASCII stay to the letter beside it, folds and comments too: RFC 6858 §2.1", () => {
  const to = shown('To: "A, B" <a@b.test> (c, d),\n\tj\u00f8@example.com,\n\tC <c@d.test>\n\n');
  assert.match(to, /^To: "A, B" <a@b\.test> \(c, d\), =\?UTF-8\?B\?[^,]*>,\r\n\tC <c@d\.test>\r\n\r\n$/);
});

test("a display name is encoded, and its address stays: RFC 6858 §2.1, RFC 2047 §5", () => {
  assert.equal(
    decoded(shown('Cc: "Gr\u00fc\u00dfe, \\"Ja\\"" <g@example.com>, x@y.test (B\u00e4r)\n\n')),
    'Cc: Gr\u00fc\u00dfe, "Ja" <g@example.com>, B\u00e4r <x@y.test>\r\n\r\n',
  );
});

test("of a group the name is encoded and the members are looked at: RFC 5322 §3.4", () => {
  assert.equal(
    decoded(shown("To: \u00d6ffentlich: a@b.test, \u00fc@b.test;\n\n")),
    "To: \u00d6ffentlich: a@b.test, \u00fc@b.test <invalid@internationalized-address.invalid>;\r\n\r\n",
  );
});

test("a reverse-path has no display name: RFC 6858 §2.1", () => {
  assert.equal(
    shown("Return-Path: <j\u00f8@example.com>\n\n"),
    "Return-Path: <invalid@internationalized-address.invalid>\r\n\r\n",
  );
});

test("parameters that are not ASCII are excised in silence, the others stay: RFC 6858 §2.2", () => {
  assert.equal(
    shown('Content-Disposition: attachment; filename="\u00e4;x.txt"; size=5\n\n'),
    "Content-Disposition: attachment; size=5\r\n\r\n",
  );
});

test("Subject is encoded in words of whole characters, none longer than 75: RFC 6858 §2.3, RFC 2047 §2", () => {
  const subject = `${"\u65e5\u672c\u8a9e\u{1f331}".repeat(20)} ok`;
  const made = shown(`Subject: ${subject.slice(0, 30)}\n ${subject.slice(30)}\n\n`);
  assert.equal(decoded(made), `Subject: ${subject.slice(0, 30)} ${subject.slice(30)}\r\n\r\n`);
  for (const line of made.split("\r\n")) assert.ok(line.length <= 76, line);
});

test("any other field that is not ASCII is excised in silence: RFC 6858 §2.4", () => {
  assert.equal(
    shown("Received: from \u00e4.test\n\tby b.test\nX-\u00dc: a\nX-A: \u00fc\nDate: today\n\n\u00e4\n"),
    Buffer.from("Date: today\r\n\r\n\u00e4\r\n").toString("latin1"),
  );
});

test("the headers of parts are treated as the message's own, their bodies stay: RFC 6858 §2.2", () => {
  const message = (first: string, second: string) =>
    'Content-Type: multipart/mixed; boundary="o u"\n\n\u00e4 preamble\n--o u\n' +
    `Content-Type: multipart/alternative; boundary=in\n\n--in\n${first}\n\u00fc: 1\n--in--\n\u00fc: 2\n` +
    `--o u  \n${second}\n\u00fc: 3\n--o u--\n\u00fc: 4\n`;
  assert.equal(
    shown(message('Content-Type: text/plain; name="\u00e4"\n', "Content-Description: \u00e4\nX-\u00e4: b\n")),
    wireOf(message("Content-Type: text/plain\n", "Content-Description: =?UTF-8?B?w6Q=?=\n")).toString(
      "latin1",
    ),
  );
});

test("a field too long to be held loses the lines that are not ASCII, or all of it with its first line", () => {
  const long = "\t<a@b.test>,\n".repeat(8000);
  assert.equal(
    shown(`To: a@b.test,\n${long}\t\u00e4@b.test,\n\tc@d.test\n\n`),
    wireOf(`To: a@b.test,\n${long}\tc@d.test\n\n`).toString("latin1"),
  );
  assert.equal(
    shown(`X-A: a\nTo: \u00e4@b.test,\n${long}\tc@d.test\nX-B: b\n\n`),
    "X-A: a\r\nX-B: b\r\n\r\n",
  );
  const line = "x".repeat(70_000);
  assert.equal(shown(`X: ${line}\u00e4${line}\n a\nX-B: b\n\n`), `X: ${line}\r\n a\r\nX-B: b\r\n\r\n`);
});

/** Up to the empty line; all of it where there is none. */
function headerOf(message: Buffer): Buffer {
  if (message.subarray(0, 2).equals(Buffer.from("\r\n"))) return message.subarray(0, 0);
  const end = message.indexOf("\r\n\r\n");
  return end === -1 ? message : message.subarray(0, end);
}

const texts = fc.array(
  fc.oneof(
    fc.constantFrom("From: ", "To: ", "Subject: ", "Content-Type: multipart/mixed; boundary=b", "\r\n", " "),
    fc.constantFrom("--b\r\n", "--b--\r\n", ":", '"', "(", "<", ">", "\\", ";", ",", "\u00e4@b", ".", "\n\n"),
    fc.string({ unit: "binary", maxLength: 20 }),
  ),
);

const messages = texts.map((parts) => wireOf(parts.join("")));

test("cut anywhere, a message has one surrogate (RFC 6858 §2), however little can be held", () => {
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.integer({ min: 1, max: 90 }),
      (wire, cuts, room) => {
        const places = [
          0,
          ...cuts.map((cut) => cut % (wire.length + 1)).toSorted((a, b) => a - b),
          wire.length,
        ];
        const pieces = places.slice(1).map((until, index) => wire.subarray(places[index], until));
        assert.deepEqual(surrogateOf(...pieces), surrogateOf(wire));
        const made = madeBy(new SurrogateMaker(room), [wire]);
        assert.deepEqual(madeBy(new SurrogateMaker(room), pieces), made);
        assert.ok(headerOf(made).every((octet) => octet < 0x80));
      },
    ),
  );
});

test("a surrogate's header is ASCII, and a surrogate is its own: what is ASCII does not change", () => {
  fc.assert(
    fc.property(messages, (wire) => {
      const made = surrogateOf(wire);
      assert.ok(headerOf(made).every((octet) => octet < 0x80));
      assert.deepEqual(surrogateOf(made), made);
    }),
  );
});

test("a meter says what a client would count", () => {
  fc.assert(
    fc.property(messages, (wire) => {
      const meter = new SurrogateMeter();
      meter.take(wire);
      const made = surrogateOf(wire);
      assert.equal(meter.finish(), made.toString("latin1").replace(/^\./gm, "").length);
      assert.equal(meter.isChanged, !made.equals(wire));
    }),
  );
});

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { apReqOfToken, parseApReq } from "./ap-req.ts";

const element = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const inner = Buffer.concat(content);
  const length =
    inner.length < 0x80 ? [inner.length] : [0x82, Math.floor(inner.length / 256), inner.length % 256];
  return Buffer.concat([Uint8Array.of(tag, ...length), inner]);
};
const field = (number: number, content: Uint8Array): Buffer => element(0xa0 + number, content);
const integer = (value: number): Buffer => element(2, Uint8Array.of(value));
const text = (value: string): Buffer => element(0x1b, Buffer.from(value));

interface Made {
  readonly realm: string;
  readonly service: readonly string[];
  readonly cipher: Uint8Array;
  readonly keyVersion?: number;
  readonly behind?: Uint8Array;
}

const encrypted = (cipher: Uint8Array, keyVersion?: number): Buffer =>
  element(
    0x30,
    field(0, integer(18)),
    ...(keyVersion === undefined ? [] : [field(1, integer(keyVersion))]),
    field(2, element(4, cipher)),
  );

/** RFC 4120 §5.5.1. */
const apReq = ({ realm, service, cipher, keyVersion, behind = new Uint8Array() }: Made): Buffer => {
  const name = element(0x30, field(0, integer(2)), field(1, element(0x30, ...service.map(text))));
  const ticket = element(
    0x61,
    element(
      0x30,
      field(0, integer(5)),
      field(1, text(realm)),
      field(2, name),
      field(3, encrypted(cipher, 3)),
    ),
  );
  return element(
    0x6e,
    element(
      0x30,
      field(0, integer(5)),
      field(1, integer(14)),
      field(2, element(3, new Uint8Array(5))),
      field(3, ticket),
      field(4, encrypted(cipher, keyVersion)),
      behind,
    ),
  );
};

const SAMPLE: Made = { realm: "R.TEST", service: ["pop", "h"], cipher: Buffer.from("secret") };

test("RFC 4120 §5.5.1: service, realm and authenticator are read back as they were put in", () => {
  const parts = fc.record({
    realm: fc.string(),
    service: fc.array(fc.string(), { maxLength: 8 }),
    cipher: fc.uint8Array({ maxLength: 2000 }),
    keyVersion: fc.nat(127),
  });
  fc.assert(
    fc.property(parts, (made) => {
      const parsed = parseApReq(apReq(made));
      assert.equal(parsed?.realm, made.realm);
      assert.deepEqual(parsed.service, made.service);
      assert.deepEqual(Buffer.from(parsed.authenticatorCipher), Buffer.from(made.cipher));
    }),
  );
});

test("the key version of the authenticator may be missing", () => {
  assert.deepEqual(Buffer.from(parseApReq(apReq(SAMPLE))?.authenticatorCipher ?? []), SAMPLE.cipher);
});

test("nothing may follow the fields that libkrb5 knows, inside or outside", () => {
  const extra = field(5, integer(1));
  assert.equal(parseApReq(apReq({ ...SAMPLE, behind: extra })), undefined);
  assert.equal(
    parseApReq(apReq({ ...SAMPLE, behind: field(4, encrypted(Buffer.from("other"))) })),
    undefined,
  );
  assert.equal(parseApReq(Buffer.concat([apReq(SAMPLE), Uint8Array.of(0)])), undefined);
});

test("an AP-REQ that is cut short at any octet is none", () => {
  const whole = apReq(SAMPLE);
  for (let octets = 0; octets < whole.length; octets += 1) {
    assert.equal(parseApReq(whole.subarray(0, octets)), undefined);
  }
});

test("any octets, and any damage to good ones, are answered without an error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => void parseApReq(octets)));
  const whole = apReq(SAMPLE);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
      const damaged = Buffer.from(whole);
      damaged[at] = octet;
      const cipher = parseApReq(damaged)?.authenticatorCipher;
      assert.ok(cipher === undefined || cipher.length <= damaged.length);
    }),
  );
});

test("indefinite and overlong lengths are no lengths", () => {
  for (const head of ["6e80", "6e85ffffffffff", "6e84ffffffff", "6e82ff"]) {
    assert.equal(parseApReq(Buffer.concat([Buffer.from(head, "hex"), apReq(SAMPLE)])), undefined);
  }
});

test("RFC 4121 §4.1: the AP-REQ is taken out of a token that begins a context, and of no other", () => {
  const mechanism = element(6, Buffer.from("2a864886f712010202", "hex"));
  const inner = apReq(SAMPLE);
  const token = element(0x60, mechanism, Uint8Array.of(1, 0), inner);
  assert.deepEqual(Buffer.from(apReqOfToken(token) ?? []), inner);
  assert.equal(apReqOfToken(element(0x60, mechanism, Uint8Array.of(2, 0), inner)), undefined);
  assert.equal(apReqOfToken(inner), undefined);
  assert.equal(apReqOfToken(Buffer.concat([token, Uint8Array.of(0)])), undefined);
});

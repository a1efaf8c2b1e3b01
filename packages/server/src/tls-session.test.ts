import assert from "node:assert/strict";
import { test } from "node:test";
import { readTlsSession } from "./tls-session.ts";

/** A DER element whose content is shorter than 128 octets. */
const element = (tag: number, ...content: readonly number[]): number[] => [tag, content.length, ...content];

/**
 * A session as OpenSSL writes it, but for the secrets: version, protocol, cipher, and what is in question.
 */
const session = (...fields: readonly number[][]): Uint8Array =>
  Uint8Array.from(
    element(0x30, ...element(2, 1), ...element(2, 3, 3), ...element(4, 0xc0, 0x2b), ...fields.flat()),
  );

const verifyResult = (...octets: readonly number[]): number[] => element(0xa5, ...element(2, ...octets));
const flags = (octet: number): number[] => element(0xad, ...element(2, octet));

test("what a session leaves out is 0: a certificate that is right, or none, and no extended master secret", () => {
  assert.deepEqual(readTlsSession(session()), { hasExtendedMasterSecret: false, verifyResult: 0 });
});

test("the extended master secret is one flag among others, and a refusal is a number", () => {
  assert.equal(readTlsSession(session(flags(1)))?.hasExtendedMasterSecret, true);
  assert.equal(readTlsSession(session(flags(3)))?.hasExtendedMasterSecret, true);
  assert.equal(readTlsSession(session(flags(2)))?.hasExtendedMasterSecret, false);
  assert.equal(readTlsSession(session(verifyResult(18), flags(1)))?.verifyResult, 18);
  assert.equal(readTlsSession(session(verifyResult(1, 0)))?.verifyResult, 256);
});

test("of what is no session nothing is believed", () => {
  const whole = session(verifyResult(18), flags(1));
  for (let octets = 0; octets < whole.length; octets += 1) {
    assert.equal(readTlsSession(whole.subarray(0, octets)), undefined, `${octets} octets`);
  }
  assert.equal(readTlsSession(Uint8Array.of(...whole, 0)), undefined);
  assert.equal(readTlsSession(Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)), undefined);
  assert.equal(readTlsSession(Uint8Array.of(0x31, 0)), undefined);
  assert.notEqual(readTlsSession(session(element(0xa5, 1)))?.verifyResult, 0);
  assert.notEqual(readTlsSession(session(element(0xa5, 4, 1, 0)))?.verifyResult, 0);
});

import { createHash, timingSafeEqual } from "node:crypto";

/**
 * True when `digest` is MD5 over the greeting's timestamp and the shared secret, in lower-case hex. RFC 1939
 * §7.
 */
export function isApopDigest(timestamp: string, secret: string, digest: string): boolean {
  const expected = createHash("md5").update(timestamp).update(secret, "utf8").digest();
  const claimed = Buffer.from(/^[0-9a-f]{32}$/.test(digest) ? digest : "", "hex");
  return claimed.length === expected.length && timingSafeEqual(expected, claimed);
}

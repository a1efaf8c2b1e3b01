import { randomInt } from "node:crypto";
import type { Credential } from "@poplar/maildrop";
import type { SecretBox } from "./secret-box.ts";

/** Letters and digits that nobody mistakes for one another: 32 of them, 5 bits each. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS = 5;
const GROUP_CHARACTERS = 4;

const PURPOSE = "app-password";

/** A new app password, for eyes to read once: 100 bits in groups, `abcd-efgh-ijkm-npqr-stuv`. */
export function newAppPassword(): string {
  const group = (): string =>
    Array.from({ length: GROUP_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return Array.from({ length: GROUPS }, group).join("-");
}

/** What is stored of it: a keyed hash. A slow one would gain nothing, for nobody tries 2^100 of them. */
export const appPasswordVerifier = (box: SecretBox, password: Uint8Array): string =>
  box.fingerprint(PURPOSE, plain(password));

/** The app password of a login that these octets are, however they were grouped when they were typed. */
export function findAppPassword(
  box: SecretBox | undefined,
  credentials: readonly Credential[],
  octets: Uint8Array,
): Credential | undefined {
  if (box === undefined || octets.length > 2 * GROUPS * GROUP_CHARACTERS) return undefined;
  const password = plain(octets);
  return credentials.find(
    ({ kind, verifier }) => kind === "app-password" && box.isFingerprint(PURPOSE, password, verifier),
  );
}

const plain = (octets: Uint8Array): string =>
  Buffer.from(octets).toString("latin1").replaceAll(/[- ]/g, "").toLowerCase();

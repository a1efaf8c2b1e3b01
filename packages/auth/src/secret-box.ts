import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

/** A key of the installation. Every node has the same ones. */
export interface SecretKey {
  /** Letters, digits and hyphens; stands in what was sealed with it. */
  readonly keyId: string;
  /** 32 octets. */
  readonly octets: Uint8Array;
}

/** Something stored cannot be opened: its key is gone, or it is not what was sealed. */
export class SecretBoxError extends Error {
  override readonly name = "SecretBoxError";
}

const KEY_OCTETS = 32;
/** NIST SP 800-38D §8.2.2: a random nonce of 96 bits is good for 2^32 seals with one key. */
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;
const DECOY = "decoy";
/** Of a decoy in hexadecimal: as long as a long password. */
const DECOY_OCTETS = 16;
const PREFIX = "sealed:";
const SEALED = /^sealed:(?<keyId>[A-Za-z0-9-]+):(?<blob>[A-Za-z0-9_-]+)$/;

/** Was this made by `seal`? */
export const isSealed = (text: string): boolean => text.startsWith(PREFIX);

/**
 * Keeps secrets that the server must be able to read again: AES-256-GCM under a key of the installation,
 * which does not lie in the database. Several keys make rotation possible: the newest seals, all of them
 * open.
 */
export class SecretBox {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #oldest: SecretKey;
  readonly #newest: SecretKey;
  /** Sealed by this process for itself: nobody knows what is in it. */
  readonly #decoy: string;

  /** @param keys the oldest first. @throws RangeError when there is none, or one is not 32 octets long. */
  constructor(keys: readonly SecretKey[]) {
    const [oldest] = keys;
    const newest = keys.at(-1);
    if (oldest === undefined || newest === undefined) throw new RangeError("a secret box needs a key");
    const wrong = keys.find(({ keyId, octets }) => octets.length !== KEY_OCTETS || !/^[\w-]+$/.test(keyId));
    if (wrong !== undefined) throw new RangeError(`key ${wrong.keyId} is not one of ${KEY_OCTETS} octets`);
    this.#keys = new Map(keys.map(({ keyId, octets }) => [keyId, octets]));
    this.#oldest = oldest;
    this.#newest = newest;
    this.#decoy = this.seal(DECOY, randomBytes(DECOY_OCTETS).toString("hex"));
  }

  /** @param purpose must be given again to open it: what was sealed as one thing is not taken for another. */
  seal(purpose: string, text: string): string {
    const nonce = randomBytes(NONCE_OCTETS);
    const cipher = createCipheriv("aes-256-gcm", derive(this.#newest.octets, "seal"), nonce);
    cipher.setAAD(Buffer.from(purpose));
    const blob = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${this.#newest.keyId}:${blob.toString("base64url")}`;
  }

  /** @throws SecretBoxError when it cannot be opened. */
  open(purpose: string, sealed: string): string {
    const { keyId = "", blob = "" } = SEALED.exec(sealed)?.groups ?? {};
    const key = this.#keys.get(keyId);
    if (key === undefined) throw new SecretBoxError(`there is no key "${keyId}"`);
    const octets = Buffer.from(blob, "base64url");
    const decipher = createDecipheriv("aes-256-gcm", derive(key, "seal"), octets.subarray(0, NONCE_OCTETS), {
      authTagLength: TAG_OCTETS,
    });
    decipher.setAAD(Buffer.from(purpose));
    try {
      decipher.setAuthTag(octets.subarray(-TAG_OCTETS));
      const text = decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new SecretBoxError(`what was sealed with key "${keyId}" is damaged`, { cause });
    }
  }

  /** A secret that nobody knows. It takes as long as opening one that somebody has. */
  openDecoy(): string {
    return this.open(DECOY, this.#decoy);
  }

  /** True when it was sealed with a key that is not the newest. */
  isOutdated(sealed: string): boolean {
    return SEALED.exec(sealed)?.groups?.["keyId"] !== this.#newest.keyId;
  }

  /** Are there older keys beside the newest? */
  get isRotated(): boolean {
    return this.#keys.size > 1;
  }

  /** A keyed hash, for secrets that nobody can guess: found again without being kept. */
  fingerprint(purpose: string, text: string): string {
    return `${this.#newest.keyId}:${hmac(this.#newest.octets, purpose, text).toString("base64url")}`;
  }

  /** Was this fingerprint made of that text, with whichever key? */
  isFingerprint(purpose: string, text: string, fingerprint: string): boolean {
    const [keyId = "", digest = ""] = fingerprint.split(":");
    const key = this.#keys.get(keyId);
    if (key === undefined) return false;
    const expected = hmac(key, purpose, text);
    const claimed = Buffer.from(digest, "base64url");
    return claimed.length === expected.length && timingSafeEqual(claimed, expected);
  }

  /** True when it was made with a key that is not the newest. */
  isOutdatedFingerprint(fingerprint: string): boolean {
    return !fingerprint.startsWith(`${this.#newest.keyId}:`);
  }

  /** Octets that are the same on every node and after every restart, as long as the oldest key stays. */
  invention(purpose: string, text: string): Buffer {
    return hmac(this.#oldest.octets, purpose, text);
  }
}

/** One key for one use. RFC 5869. */
const derive = (key: Uint8Array, use: string): Buffer =>
  Buffer.from(hkdfSync("sha256", key, "", `poplar ${use}`, 32));

const hmac = (key: Uint8Array, purpose: string, text: string): Buffer =>
  createHmac("sha256", derive(key, `hash ${purpose}`))
    .update(text)
    .digest();

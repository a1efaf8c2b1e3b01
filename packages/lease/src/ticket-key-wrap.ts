import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceOctets = 12;
const tagOctets = 16;

/** Seals keys with what a fleet has in common, so that Redis and whoever reads it learn nothing from them. */
export class TicketKeyWrap {
  /** Tells secrets apart without telling them: fleets with different ones keep out of each other's way. */
  readonly fingerprint: string;
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync("sha256", secret, "", "poplar: TLS ticket keys", 32));
    this.fingerprint = createHash("sha256").update(this.#key).digest("hex").slice(0, 16);
  }

  /**
   * @param period that the key is for; sealed in, so that an old key cannot be put in the place of a new one.
   */
  seal(period: number, key: Uint8Array): string {
    const nonce = randomBytes(nonceOctets);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(String(period)));
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString("base64");
  }

  /** @throws Error when it was not sealed so. */
  open(period: number, sealed: string): Buffer {
    const octets = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv(algorithm, this.#key, octets.subarray(0, nonceOctets), {
      authTagLength: tagOctets,
    })
      .setAAD(Buffer.from(String(period)))
      .setAuthTag(octets.subarray(-tagOctets));
    return Buffer.concat([decipher.update(octets.subarray(nonceOctets, -tagOctets)), decipher.final()]);
  }
}

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { type AnswerLedger, isRegistryFault, type RequestClaim } from "@poplar/maildrop";
import { storageDown } from "@poplar/operations";
import { type Problem, problemOf } from "./problem.ts";

/** What a request is answered: a status and what goes out as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request that its caller may send again. */
export interface RepeatableRequest {
  /** The header `Idempotency-Key`. */
  readonly key: string;
  readonly caller: string;
  /** The token that was shown: from it and the key comes what answers are sealed with. */
  readonly token: string;
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

const keyPattern = /^[!-~]{1,200}$/;
const nonceOctets = 12;
const tagOctets = 16;

/**
 * Does a request once, however often it is sent within a day: whoever sends it again is told what came of it
 * the first time.
 *
 * Answers may hold new passwords. They are sealed with a key that only the token and the idempotency key
 * make: whoever reads the database learns nothing from it, not even by trying bodies.
 */
export async function answerOnce(
  ledger: AnswerLedger,
  request: RepeatableRequest,
  answer: (body: unknown) => Promise<Answer>,
): Promise<Answer | Problem> {
  const { key, caller, token, method, url, body } = request;
  if (!keyPattern.test(key)) return badKey;
  const secret = Buffer.from(hkdfSync("sha256", token, key, "poplar idempotency", 64));
  const message = body instanceof Readable ? new DigestedMessage(body) : undefined;
  const asked = JSON.stringify([method, url, message === undefined ? (body ?? null) : "a message"]);
  const fingerprint = createHmac("sha256", secret.subarray(32)).update(asked).digest();
  const claim: RequestClaim = { caller, key, fingerprint };

  const outcome = await ledger.claim(claim);
  if (isRegistryFault(outcome)) return problemOf(storageDown(outcome));
  switch (outcome.claim) {
    case "another-request":
      return keyUsed;
    case "under-way":
      return underWay;
    case "answered": {
      const kept = opened(secret, outcome.answer.sealed);
      if (message !== undefined && kept.digest !== (await message.readAll())) return keyUsed;
      return { status: outcome.answer.status, body: kept.body };
    }
    case "first":
      break;
  }
  try {
    const given = await answer(message ?? body);
    if (given.status >= 500) {
      await ledger.release(claim);
      return given;
    }
    // What stays unread was not needed for the answer, and would be no different for another message.
    const digest = message?.isRead === true ? message.digest() : undefined;
    await ledger.keep(claim, { status: given.status, sealed: sealed(secret, { body: given.body, digest }) });
    return given;
  } catch (err) {
    await ledger.release(claim);
    throw err;
  }
}

/** A message whose digest is taken while it streams past. */
class DigestedMessage implements AsyncIterable<Uint8Array> {
  readonly #body: Readable;
  readonly #hash = createHash("sha256");
  isRead = false;

  constructor(body: Readable) {
    this.#body = body;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for await (const chunk of this.#body.iterator({ destroyOnReturn: false })) {
      const octets: Uint8Array = Buffer.from(chunk);
      this.#hash.update(octets);
      yield octets;
    }
    this.isRead = true;
  }

  async readAll(): Promise<string> {
    for await (const _ of this);
    return this.digest();
  }

  digest(): string {
    return this.#hash.digest("base64");
  }
}

interface Kept {
  readonly body: unknown;
  readonly digest?: string | undefined;
}

function sealed(secret: Buffer, kept: Kept): Uint8Array {
  const nonce = randomBytes(nonceOctets);
  const cipher = createCipheriv("aes-256-gcm", secret.subarray(0, 32), nonce);
  const text = cipher.update(JSON.stringify(kept));
  return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
}

function opened(secret: Buffer, octets: Uint8Array): Kept {
  const nonce = octets.subarray(0, nonceOctets);
  const decipher = createDecipheriv("aes-256-gcm", secret.subarray(0, 32), nonce, {
    authTagLength: tagOctets,
  });
  decipher.setAuthTag(octets.subarray(-tagOctets));
  const text = decipher.update(octets.subarray(nonceOctets, -tagOctets));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- authentic: we have sealed it
  return JSON.parse(Buffer.concat([text, decipher.final()]).toString()) as Kept;
}

const badKey: Problem = {
  status: 400,
  code: "invalid-input",
  detail: "The Idempotency-Key must have 1 to 200 visible ASCII characters.",
};

const keyUsed: Problem = {
  status: 422,
  code: "idempotency-key-used",
  detail: "This Idempotency-Key belongs to another request; take a new one.",
};

const underWay: Problem = {
  status: 409,
  code: "request-under-way",
  detail: "The first request with this Idempotency-Key is not answered yet; try again in a few seconds.",
};

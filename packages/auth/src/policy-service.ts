import { createHash } from "node:crypto";
import type { Peer } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { ServiceEvents } from "@poplar/telemetry";

/**
 * A service that has its own opinion of who may log in, spoken to as weakforced and Dovecot's auth policy do.
 */
export interface PolicyServiceOptions {
  /** Without `?command=…`. */
  readonly url: string;
  /** Sent with each request, e.g. an API key or basic credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the hashes of passwords useless to anybody else; the same on every node. */
  readonly hashNonce: string;
  /** How long its answer may take; then the door decides alone. Default 2,000. */
  readonly timeoutMs?: number;
  /** When it does not answer: let everybody in whom the door lets in (default), or nobody. */
  readonly isClosedWhenDown?: boolean;
  /** Hears when it stops answering, and when it answers again. */
  readonly events?: Pick<ServiceEvents, "dependencyDown" | "dependencyUp"> | undefined;
}

/** An attempt as the service sees it. */
export interface PolicyRequest {
  readonly login: string;
  readonly peer: Peer;
  readonly mechanism: string;
  /** Absent for mechanisms that show none. */
  readonly password: Uint8Array | undefined;
}

/** Delays that a service may ask for, in seconds. */
const DELAY_SECONDS_MAX = 30;
/** Of the hash of a password: enough to tell a typing error from a dictionary, not to find the password. */
const HASH_BITS = 12;
const ANSWER_OCTETS_MAX = 64 * 1024;
/** Its name among the dependencies. */
const DEPENDENCY = "policy-service";

/** Asks before, and reports after. */
export class PolicyService {
  readonly #options: PolicyServiceOptions;
  /** `undefined` until it was asked for the first time. */
  #isUp: boolean | undefined;

  constructor(options: PolicyServiceOptions) {
    this.#options = options;
  }

  /**
   * @returns how long the attempt shall wait, in milliseconds; `refuse`; or a fault where it does not answer
   *    and nobody may enter without. Never rejects.
   */
  async allow(request: PolicyRequest): Promise<number | "refuse" | Fault> {
    const sent = await this.#send("allow", this.#bodyOf(request), readStatus);
    if ("answer" in sent) return sent.answer < 0 ? "refuse" : Math.min(sent.answer, DELAY_SECONDS_MAX) * 1000;
    const { cause } = sent;
    return this.#options.isClosedWhenDown === true ? { fault: "policy-service-down", cause } : 0;
  }

  /** Says how it ended. Never rejects. */
  async report(
    request: PolicyRequest,
    outcome: { readonly isSuccess: boolean; readonly isPolicyReject: boolean },
  ): Promise<void> {
    const { isSuccess: success, isPolicyReject: policy_reject } = outcome;
    // Its answer is a word: nobody asks for it.
    await this.#send("report", { ...this.#bodyOf(request), success, policy_reject }, () => undefined);
  }

  #bodyOf({ login, peer, mechanism, password }: PolicyRequest): object {
    return {
      login,
      remote: peer.address,
      pwhash: password === undefined ? "" : this.#hashOf(login, password),
      protocol: peer.listener,
      tls: peer.isTlsActive,
      device_id: "",
      attrs: { mechanism },
    };
  }

  /** As Dovecot does: SHA-256 over nonce, name, NUL and password, cut to its first bits. */
  #hashOf(login: string, password: Uint8Array): string {
    const { hashNonce } = this.#options;
    const digest = createHash("sha256")
      .update(hashNonce)
      .update(login)
      .update("\0")
      .update(password)
      .digest();
    return (digest.readUInt16BE(0) >> (16 - HASH_BITS)).toString(16).padStart(4, "0");
  }

  /** @returns what is read from the JSON that it answers, or why there is none. */
  async #send<Read>(
    command: "allow" | "report",
    body: object,
    read: (answer: unknown) => Read,
  ): Promise<{ readonly answer: Read } | { readonly cause: unknown }> {
    const { url, headers, timeoutMs = 2000, events } = this.#options;
    const target = new URL(url);
    target.searchParams.set("command", command);
    try {
      const response = await fetch(target, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: "error",
      });
      const text = await response.text();
      if (!response.ok || text.length > ANSWER_OCTETS_MAX) throw new Error(`it answered ${response.status}`);
      const answer = read(JSON.parse(text));
      if (this.#isUp !== true) events?.dependencyUp(DEPENDENCY);
      this.#isUp = true;
      return { answer };
    } catch (cause) {
      if (this.#isUp !== false) events?.dependencyDown({ dependency: DEPENDENCY, cause });
      this.#isUp = false;
      return { cause };
    }
  }
}

function readStatus(answer: unknown): number {
  const status = typeof answer === "object" && answer !== null && "status" in answer ? answer.status : "none";
  if (typeof status !== "number") throw new Error("its answer has no status");
  return status;
}

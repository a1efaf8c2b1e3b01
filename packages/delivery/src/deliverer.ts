import { isAscii } from "node:buffer";
import {
  type DeliveryFault,
  type DeliveryStore,
  type ImportedAs,
  isDeliveryFault,
  type ResolvedRecipient,
  type WireContent,
} from "@poplar/maildrop";
import type { DeliveryEvents } from "@poplar/telemetry";
import { isRefusal, type Refusal, refusalOf } from "./refusal.ts";
import type { Spool } from "./spool.ts";
import { SpooledMessage } from "./spooled-message.ts";
import { measureSurrogates } from "./surrogate-octets.ts";
import { takeIn } from "./take-in.ts";
import { type Origin, traceHeader } from "./trace-header.ts";

/** What a deliverer is made from. */
export interface DelivererOptions {
  readonly store: DeliveryStore;
  readonly events: DeliveryEvents;
  readonly spool: Spool;
  /** Name of this host, for the trace header. */
  readonly hostname: string;
  /** Octets of a message with CRLF line ends, before the trace header. Default 100 MiB. */
  readonly messageOctetsMax?: number;
}

/** A recipient who gets no copy. */
export interface RefusedRecipient {
  readonly recipient: string;
  readonly refusal: Refusal;
}

/** A recipient whose copy is durable. */
export interface AcceptedRecipient {
  readonly recipient: string;
  readonly maildropId: number;
  readonly uid: number;
}

/** Takes messages in, whoever brings them, and reports what became of each copy. */
export class Deliverer {
  readonly hostname: string;
  readonly messageOctetsMax: number;
  readonly #store: DeliveryStore;
  readonly #events: DeliveryEvents;
  readonly #spool: Spool;

  constructor(options: DelivererOptions) {
    this.hostname = options.hostname;
    this.messageOctetsMax = options.messageOctetsMax ?? 100 * 1024 ** 2;
    this.#store = options.store;
    this.#events = options.events;
    this.#spool = options.spool;
  }

  /** Leads a recipient to its maildrop. Never rejects. */
  async resolve(origin: Origin, recipient: string): Promise<ResolvedRecipient | RefusedRecipient> {
    const startedAt = performance.now();
    const resolved = await this.#store.resolveRecipient(recipient).catch(internalError);
    if ("maildropId" in resolved) return resolved;
    const refused = { recipient, refusal: isRefusal(resolved) ? resolved : refusalOf(resolved) };
    this.#report({ origin, startedAt, octets: 0 }, refused);
    return refused;
  }

  /**
   * Stores a message for recipients that were resolved; what is accepted is durable. Never rejects.
   *
   * @param source the message without dot-stuffing, its line ends as they came. It is read to its end; when
   * it
   *   throws, nothing is stored.
   * @param imported for mail that another server has kept until now: it stays what it was, and gets no trace
   *   header.
   * @returns one outcome for each recipient, in order.
   */
  async deliver(
    origin: Origin,
    recipients: readonly ResolvedRecipient[],
    source: AsyncIterable<Uint8Array>,
    imported?: ImportedAs,
  ): Promise<readonly (AcceptedRecipient | RefusedRecipient)[]> {
    const startedAt = performance.now();
    await using message = new SpooledMessage(this.#spool);
    const content = await takeIn(source, message, this.messageOctetsMax).catch(internalError);
    const answers = isRefusal(content)
      ? content
      : await this.#commit(origin, recipients, content, imported).catch(internalError);
    return recipients.map((resolved, index) => {
      const outcome = outcomeOf(resolved, isRefusal(answers) ? answers : answers[index]);
      this.#report({ origin, startedAt, octets: message.octets }, outcome);
      return outcome;
    });
  }

  async #commit(
    origin: Origin,
    recipients: readonly ResolvedRecipient[],
    content: WireContent,
    imported: ImportedAs | undefined,
  ): Promise<readonly (number | DeliveryFault)[]> {
    const { hostname } = this;
    const at = new Date();
    const copies = recipients.map((resolved) => ({
      resolved,
      traceHeader:
        imported === undefined
          ? traceHeader({ origin, recipient: resolved.recipient, hostname, at })
          : noTrace,
    }));
    // Old programs put raw octets into headers and say nothing: to withhold that mail from clients that do
    // not speak UTF8 (RFC 6856 §2.2) would let anybody stop a maildrop up. What was declared is another
    // matter; so are addresses, of which the trace header tells.
    const isDeclared = origin.isSmtpUtf8 === true || !copies.every(({ traceHeader: own }) => isAscii(own));
    const measured = isDeclared && (await measureSurrogates(copies, content));
    return this.#store.deliver({
      reversePath: origin.reversePath,
      copies: measured === false ? copies : measured.copies,
      content: { ...content, isInternationalised: measured !== false && measured.isInternationalised },
      ...(imported === undefined ? {} : { imported }),
    });
  }

  #report(
    { origin, startedAt, octets }: { origin: Origin; startedAt: number; octets: number },
    outcome: AcceptedRecipient | RefusedRecipient,
  ): void {
    const event = {
      sessionId: origin.sessionId,
      reversePath: origin.reversePath,
      recipient: outcome.recipient,
      octets,
      durationMs: Math.round(performance.now() - startedAt),
    };
    if ("refusal" in outcome) this.#events.deliveryRefused({ ...event, ...outcome.refusal });
    else this.#events.deliveryAccepted({ ...event, maildropId: outcome.maildropId, uid: outcome.uid });
  }
}

const noTrace = new Uint8Array(0);

/** What the store, or what came before it, said about one copy. */
function outcomeOf(
  { recipient, maildropId }: ResolvedRecipient,
  answer: number | DeliveryFault | Refusal | undefined,
): AcceptedRecipient | RefusedRecipient {
  if (typeof answer === "number") return { recipient, maildropId, uid: answer };
  if (answer === undefined)
    return { recipient, refusal: internalError(new Error("a copy without an answer")) };
  return { recipient, refusal: isDeliveryFault(answer) ? refusalOf(answer) : answer };
}

/** A bug costs one message a later attempt; the sender keeps it until then. */
const internalError = (cause: unknown): Refusal => ({ reason: "internal-error", cause });

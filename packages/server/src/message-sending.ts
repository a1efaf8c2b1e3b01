import type { MessageReader, OpenMaildrop } from "@poplar/maildrop";
import {
  type Effect,
  type Envelope,
  type Fault,
  isFault,
  type MessageNumber,
  type PopSession,
} from "@poplar/protocol";
import { MessageTransfer } from "./message-transfer.ts";
import type { Output } from "./output.ts";
import type { PopService } from "./pop-service.ts";
import type { SessionRecord } from "./session-record.ts";

type SendMessage = Extract<Effect, { readonly do: "send-message" }>;

/** Whose session is answered, as what sends the answers knows it. */
export interface AnsweringDriver {
  /** Whether it still matters to the client what an effect comes to. */
  readonly isLive: boolean;
  /** The maildrop that is open. @throws when none is. */
  readonly maildrop: OpenMaildrop;
  /** An answer broke off: no word would be understood any more. */
  breakOff(fault: Fault): void;
}

/** What a session answers with, and what is known of it. */
export interface AnswerParts {
  readonly service: PopService;
  readonly session: PopSession;
  readonly output: Output;
  readonly record: SessionRecord;
}

/** What RETR, TOP, LIST, UIDL and `*ENV` send. Costs no promise where nothing has to be waited for. */
export class MessageSending {
  readonly #driver: AnsweringDriver;
  readonly #service: PopService;
  readonly #session: PopSession;
  readonly #output: Output;
  readonly #record: SessionRecord;
  #transfer: MessageTransfer | undefined;
  #isListing = false;

  constructor(driver: AnsweringDriver, parts: AnswerParts) {
    this.#driver = driver;
    this.#service = parts.service;
    this.#session = parts.session;
    this.#output = parts.output;
    this.#record = parts.record;
  }

  /** A word said now would be taken for part of a message or a listing. */
  get isMidAnswer(): boolean {
    return this.#isListing || this.#transfer?.hasBegun === true;
  }

  findEnvelope(number: MessageNumber): Promise<void> | undefined {
    const answer = (envelope: Envelope | Fault): undefined => {
      if (this.#driver.isLive) this.#session.enveloped(number, envelope);
    };
    const envelope = this.#driver.maildrop.envelope(number);
    return envelope instanceof Promise ? envelope.then(answer) : answer(envelope);
  }

  sendMessage(effect: SendMessage): Promise<void> | undefined {
    const { number, bodyLines } = effect;
    const { maildrop } = this.#driver;
    // RFC 6858 §4: the lines are the surrogate's, which may have fewer than what it is made from.
    const isWhole = bodyLines === undefined || maildrop.listing.isSurrogateShown(number);
    const reader = maildrop.read(number, isWhole ? "whole" : { bodyLines });
    return reader instanceof Promise
      ? reader.then((later) => this.#begin(effect, later))
      : this.#begin(effect, reader);
  }

  sendSlices(slices: Iterator<Uint8Array>): Promise<void> | undefined {
    this.#isListing = true;
    while (this.#driver.isLive) {
      const slice = slices.next();
      if (slice.done === true) {
        this.#isListing = false;
        this.#session.resume();
        break;
      }
      this.#output.write(slice.value);
      const pause = this.#output.breathe();
      if (pause !== undefined) return pause.then(() => this.sendSlices(slices));
    }
    return undefined;
  }

  #begin(effect: SendMessage, reader: MessageReader | Fault): Promise<void> | undefined {
    if (!this.#driver.isLive) return undefined;
    if (isFault(reader)) {
      this.#session.refuse(reader);
      return undefined;
    }
    const transfer = new MessageTransfer(this.#output, reader, {
      ...effect,
      isSurrogate: this.#driver.maildrop.listing.isSurrogateShown(effect.number),
    });
    this.#transfer = transfer;
    const outcome = transfer.run();
    if (outcome instanceof Promise) return outcome.then((later) => this.#end(transfer, later, effect));
    this.#end(transfer, outcome, effect);
    return undefined;
  }

  #end(transfer: MessageTransfer, fault: Fault | undefined, { number }: SendMessage): void {
    this.#record.octetsSent += transfer.octets;
    this.#service.events.octetsSent(transfer.octets);
    if (!this.#driver.isLive) return;
    if (fault !== undefined && transfer.hasBegun) {
      // No end that is not one: the client sees that the message broke off.
      this.#driver.breakOff(fault);
      return;
    }
    this.#transfer = undefined;
    if (fault !== undefined) {
      this.#session.refuse(fault);
      return;
    }
    if (transfer.isWhole) {
      this.#driver.maildrop.retrieved?.(number);
      this.#record.messagesRetrieved += 1;
      this.#service.events.messageRetrieved();
    }
    this.#session.resume();
  }
}

import { type KerberosRefusal, type KpopEvent, KpopFrames } from "@poplar/kerberos";
import type { Authenticated, Authenticator, Peer, Preface, PrefaceStep } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import { type KerberosDoor, turnAway } from "./kerberos-door.ts";
import type { KpopDoor } from "./kpop-mechanism.ts";

/** A KPOP handshake: the client shows its ticket, then speaks POP3 and gives its name by USER. */
export class KpopPreface implements Preface {
  readonly authenticator: Authenticator;
  readonly #door: KerberosDoor;
  readonly #peer: Peer;
  readonly #frames = new KpopFrames();
  #principal: string | undefined;

  constructor(door: KerberosDoor, open: KpopDoor, peer: Peer) {
    this.#door = door;
    this.#peer = peer;
    this.authenticator = new TicketHolder(async (asked, at) =>
      this.#principal === undefined ? BAD : open({ principal: this.#principal, asked }, at),
    );
  }

  async receive(octets: Uint8Array): Promise<PrefaceStep> {
    this.#frames.receive(octets);
    const replies: Uint8Array[] = [];
    for (let event = this.#frames.next(); event !== undefined; event = this.#frames.next()) {
      const step = await this.#take(event);
      replies.push(step.reply);
      if (step.step !== "more") return { ...step, reply: Buffer.concat(replies) };
    }
    return { step: "more", reply: Buffer.concat(replies) };
  }

  broken(): string {
    const event = this.#frames.close();
    return event?.event === "refused" ? this.#refuse(event.why, event.reply).reason : "truncated";
  }

  async #take(event: KpopEvent): Promise<PrefaceStep> {
    switch (event.event) {
      case "versions-accepted":
        return { step: "more", reply: event.reply };
      case "refused":
        return this.#refuse(event.why, event.reply);
      case "ap-req": {
        const outcome = await this.#door.acceptor.acceptKpop(event.apReq);
        if (outcome.outcome === "refused") return this.#refuse(outcome.why, outcome.reply);
        this.#principal = outcome.identity.principal;
        return { step: "passed", reply: outcome.reply, rest: this.#frames.takeRest() };
      }
    }
  }

  #refuse(why: KerberosRefusal, reply: Uint8Array): Extract<PrefaceStep, { readonly step: "refused" }> {
    turnAway(this.#door, why, this.#peer);
    return { step: "refused", reply, reason: why.refusal };
  }
}

const BAD: Fault = { fault: "bad-credentials" };

/** Whose ticket has been accepted: USER gives the name, and PASS is a formality. */
class TicketHolder implements Authenticator {
  readonly #open: (name: string, peer: Peer) => Promise<Authenticated | Fault>;

  constructor(open: (name: string, peer: Peer) => Promise<Authenticated | Fault>) {
    this.#open = open;
  }

  async verifyPassword(name: string, _password: Uint8Array, peer: Peer): Promise<Authenticated | Fault> {
    return this.#open(name, peer);
  }

  apopTimestamp(): undefined {
    return undefined;
  }

  async verifyApop(): Promise<Fault> {
    return BAD;
  }

  mechanisms(): readonly string[] {
    return [];
  }

  beginExchange(): undefined {
    return undefined;
  }
}

import type { Preface, PrefaceStep } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";

const NOTHING = new Uint8Array(0);

/** What one client says before POP begins, heard piece by piece. */
export class PrefaceTalk {
  readonly #preface: Preface;
  readonly #refused: (bug: Fault) => void;
  #isHearing = false;
  #hasEnded = false;

  /** @param refused is told when the preface fails by a bug. */
  constructor(preface: Preface, refused: (bug: Fault) => void) {
    this.#preface = preface;
    this.#refused = refused;
  }

  /** Takes a piece; the next one only after the answer. Never rejects. */
  async hear(octets: Uint8Array): Promise<PrefaceStep> {
    this.#isHearing = true;
    try {
      const step = await this.#preface.receive(octets);
      if (step.step !== "more" || !this.#hasEnded) return step;
      return { step: "refused", reply: step.reply, reason: this.#preface.broken() };
    } catch (cause) {
      this.#refused({ fault: "internal", cause });
      return { step: "refused", reply: NOTHING, reason: "internal" };
    } finally {
      this.#isHearing = false;
    }
  }

  /**
   * The client has ended its side.
   *
   * @returns the reason id when that breaks the preface off; its last words, if they are being heard, may
   *   be the right ones.
   */
  inputEnded(): string | undefined {
    this.#hasEnded = true;
    return this.#isHearing ? undefined : this.#preface.broken();
  }
}

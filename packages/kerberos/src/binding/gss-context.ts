import type { GssCredential } from "./gss-credential.ts";
import {
  constantsOf,
  failure,
  GSS_ERROR,
  type GssFailure,
  importName,
  inputIn,
  isError,
  isGssFailure,
  outputIn,
  releaseName,
  takeOutput,
} from "./gss-values.ts";
import { type Native, NULL, type Pointer } from "./native.ts";
import { Scratch } from "./scratch.ts";

const CONTINUE_NEEDED = 1;
const DUPLICATE_TOKEN = 2;

/** Flags of a context. RFC 2744 §5.1; the last one is MIT's, since 1.19. */
export const GSS_FLAG = { mutual: 2, confidentiality: 16, integrity: 32, channelBound: 0x800 } as const;

/** One step of a context: what to send, and whether the other side has to say more. */
export interface GssStep {
  readonly token: Uint8Array;
  readonly needsMore: boolean;
  readonly flags: number;
}

interface ContextSlots {
  readonly minor: Pointer;
  readonly context: Pointer;
  readonly output: Pointer;
  readonly flags: Pointer;
}

const NO_CONTEXT: GssFailure = { major: 0x80000, code: 0 };

/**
 * A security context. Its calls are carried out one after the other, in the order in which they were made.
 */
export class GssContext {
  readonly #native: Native;
  #handle: Pointer = NULL;
  #last: Promise<unknown> = Promise.resolve();
  #isDeleted = false;

  constructor(native: Native) {
    this.#native = native;
  }

  /** Takes a token of the initiator. RFC 2743 §2.2.2. */
  async accept(
    credential: GssCredential,
    token: Uint8Array,
    bound: Uint8Array | undefined,
  ): Promise<GssStep | GssFailure> {
    return this.#inTurn(async () => {
      using scratch = new Scratch(this.#native.memory);
      const slots = this.#slots(scratch);
      const major = await this.#native.gss.acceptSecContext.later(
        slots.minor,
        slots.context,
        credential.handle,
        inputIn(scratch, token),
        bindingsIn(scratch, bound),
        NULL,
        NULL,
        slots.output,
        slots.flags,
        NULL,
        NULL,
      );
      return this.#step(scratch, slots, major);
    });
  }

  /** Makes a token for an acceptor: for the self-test alone. RFC 2743 §2.2.1. */
  async initiate(
    credential: GssCredential,
    acceptor: string,
    token: Uint8Array | undefined,
  ): Promise<GssStep | GssFailure> {
    return this.#inTurn(async () => {
      using scratch = new Scratch(this.#native.memory);
      const target = importName(this.#native, scratch, acceptor);
      if (isGssFailure(target)) return target;
      const slots = this.#slots(scratch);
      const input = token === undefined ? NULL : inputIn(scratch, token);
      const major = await this.#native.gss.initSecContext.later(
        slots.minor,
        credential.handle,
        slots.context,
        target,
        constantsOf(this.#native).mechanism,
        GSS_FLAG.mutual,
        0,
        NULL,
        input,
        NULL,
        slots.output,
        slots.flags,
        NULL,
      );
      releaseName(this.#native, scratch, target);
      return this.#step(scratch, slots, major);
    });
  }

  /** Full names of initiator and acceptor, of an open context. */
  peers(): { readonly initiator: string; readonly acceptor: string } | GssFailure {
    if (this.#isDeleted) return NO_CONTEXT;
    using scratch = new Scratch(this.#native.memory);
    const [minor, source, target] = [scratch.slot(), scratch.slot(), scratch.slot()];
    const major = Number(
      this.#native.gss.inquireContext.now(minor, this.#handle, source, target, NULL, NULL, NULL, NULL, NULL),
    );
    if (isError(major)) return failure(scratch, major, minor);
    const names = [source, target].map((slot) => {
      const name = scratch.pointerAt(slot);
      const text = this.#displayName(scratch, name);
      releaseName(this.#native, scratch, name);
      return text;
    });
    const [initiator, acceptor] = names;
    if (initiator === undefined || acceptor === undefined)
      return { major: GSS_ERROR.defectiveToken, code: 0 };
    return { initiator, acceptor };
  }

  async wrap(octets: Uint8Array, isConfidential: boolean): Promise<Uint8Array | GssFailure> {
    return this.#inTurn(async () => {
      using scratch = new Scratch(this.#native.memory);
      const [minor, output] = [scratch.slot(), outputIn(scratch)];
      const major = await this.#native.gss.wrap.later(
        minor,
        this.#handle,
        Number(isConfidential),
        0,
        inputIn(scratch, octets),
        NULL,
        output,
      );
      if (isError(major)) return failure(scratch, major, minor);
      return takeOutput(this.#native, scratch, output);
    });
  }

  /** @returns the octets, and whether they were encrypted. */
  async unwrap(
    token: Uint8Array,
  ): Promise<{ readonly octets: Uint8Array; readonly isConfidential: boolean } | GssFailure> {
    return this.#inTurn(async () => {
      using scratch = new Scratch(this.#native.memory);
      const [minor, output, state] = [scratch.slot(), outputIn(scratch), scratch.slot()];
      const major = await this.#native.gss.unwrap.later(
        minor,
        this.#handle,
        inputIn(scratch, token),
        output,
        state,
        NULL,
      );
      // Also what is only supplementary, e.g. a duplicate or a gap: on one TCP stream there are none.
      if (major !== 0) {
        takeOutput(this.#native, scratch, output);
        return failure(scratch, major, minor);
      }
      return {
        octets: takeOutput(this.#native, scratch, output),
        isConfidential: scratch.int32At(state) !== 0,
      };
    });
  }

  /** How much fits into one token of so many octets. RFC 2744 §5.33. */
  wrapSizeLimit(tokenOctetsMax: number, isConfidential: boolean): number | GssFailure {
    if (this.#isDeleted) return NO_CONTEXT;
    using scratch = new Scratch(this.#native.memory);
    const [minor, limit] = [scratch.slot(), scratch.slot()];
    const major = Number(
      this.#native.gss.wrapSizeLimit.now(
        minor,
        this.#handle,
        Number(isConfidential),
        0,
        tokenOctetsMax,
        limit,
      ),
    );
    return isError(major) ? failure(scratch, major, minor) : scratch.uint32At(limit);
  }

  /** Frees it, after the call under way. Safe to call twice; every later call fails. */
  delete(): void {
    if (this.#isDeleted) return;
    this.#isDeleted = true;
    void this.#last.then(() => {
      using scratch = new Scratch(this.#native.memory);
      this.#native.gss.deleteSecContext.now(scratch.slot(), scratch.struct(this.#handle), NULL);
    });
  }

  async #inTurn<T>(work: () => Promise<T | GssFailure>): Promise<T | GssFailure> {
    const turn = this.#last.then(async () => (this.#isDeleted ? NO_CONTEXT : work()));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #slots(scratch: Scratch): ContextSlots {
    return {
      minor: scratch.slot(),
      context: scratch.struct(this.#handle),
      output: outputIn(scratch),
      flags: scratch.slot(),
    };
  }

  #step(scratch: Scratch, slots: ContextSlots, major: number): GssStep | GssFailure {
    this.#handle = scratch.pointerAt(slots.context);
    const token = takeOutput(this.#native, scratch, slots.output);
    if (isError(major) || (major & DUPLICATE_TOKEN) !== 0) return failure(scratch, major, slots.minor);
    return { token, needsMore: (major & CONTINUE_NEEDED) !== 0, flags: scratch.uint32At(slots.flags) };
  }

  #displayName(scratch: Scratch, name: Pointer): string | undefined {
    const [minor, output] = [scratch.slot(), outputIn(scratch)];
    const major = Number(this.#native.gss.displayName.now(minor, name, output, NULL));
    if (isError(major)) return undefined;
    return Buffer.from(takeOutput(this.#native, scratch, output)).toString("utf8");
  }
}

/** `gss_channel_bindings_struct` without addresses. */
const bindingsIn = (scratch: Scratch, bound: Uint8Array | undefined): Pointer =>
  bound === undefined ? NULL : scratch.struct(0, 0, 0, 0, 0, 0, bound.length, scratch.copyOf(bound));

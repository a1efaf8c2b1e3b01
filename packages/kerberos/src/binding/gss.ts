import { type Native, NULL, type Pointer } from "./native.ts";
import { Scratch } from "./scratch.ts";

/** A failure as the GSSAPI tells it. RFC 2743 §1.2.1. */
export interface GssFailure {
  readonly major: number;
  /** The code of libkrb5, 0 when there is none. */
  readonly code: number;
}

/** The routine error of a failure: one of `GSS_ERROR`, or another. */
export const routineErrorOf = (failed: GssFailure): number => failed.major & 0xff0000;

export const isGssFailure = (value: unknown): value is GssFailure =>
  typeof value === "object" && value !== null && "major" in value;

/** Flags of a context. RFC 2744 §5.1; the last one is MIT's, since 1.19. */
export const GSS_FLAG = { mutual: 2, confidentiality: 16, integrity: 32, channelBound: 0x800 } as const;

/** Routine errors of a major status, in its upper half. RFC 2744 §3.9.1. */
export const GSS_ERROR = { badBindings: 0x40000, badSignature: 0x60000, defectiveToken: 0x90000 } as const;

const MAJOR_ERRORS = 0xffff0000;
const CONTINUE_NEEDED = 1;
const DUPLICATE_TOKEN = 2;
const USAGE = { initiate: 1, accept: 2 } as const;
const INDEFINITE = 0xffffffff;
const BUFFER_OCTETS = 16;

/** One step of a context: what to send, and whether the other side has to say more. */
export interface GssStep {
  readonly token: Uint8Array;
  readonly needsMore: boolean;
  readonly flags: number;
}

/** Where keys and tickets are: as `gss_acquire_cred_from` names them, e.g. `keytab`, `client_keytab`, `ccache`. */
export type CredStore = Readonly<Record<string, string>>;

/** Handles that live as long as the process: mechanism and kinds of names. */
interface Constants {
  readonly mechanism: Pointer;
  readonly mechanisms: Pointer;
  readonly hostbased: Pointer;
}

const constants: WeakMap<Native, Constants> = new WeakMap();

function constantsOf(native: Native): Constants {
  const known = constants.get(native);
  if (known !== undefined) return known;
  // Never disposed of: libgssapi may keep what it was given.
  const kept = new Scratch(native.memory);
  const oid = (hex: string): Pointer => {
    const octets = Buffer.from(hex, "hex");
    return kept.struct(octets.length, kept.copyOf(octets));
  };
  const mechanism = oid("2a864886f712010202");
  const made = {
    mechanism,
    mechanisms: kept.struct(1, mechanism),
    hostbased: oid("2a864886f71201020104"),
  };
  constants.set(native, made);
  return made;
}

/** A credential: keys to accept with, or tickets to initiate with. */
export class GssCredential {
  readonly #native: Native;
  readonly handle: Pointer;

  private constructor(native: Native, handle: Pointer) {
    this.#native = native;
    this.handle = handle;
  }

  /**
   * Reads keys or gets tickets for a host-based name.
   *
   * To accept, `pop` without a host stands for every `pop/…` key of the keytab, in every realm.
   */
  static async acquire(
    native: Native,
    service: string,
    usage: keyof typeof USAGE,
    store: CredStore,
  ): Promise<GssCredential | GssFailure> {
    using scratch = new Scratch(native.memory);
    const name = importService(native, scratch, service);
    if (isGssFailure(name)) return name;
    const [minor, cred] = [scratch.slot(), scratch.slot()];
    const { mechanisms } = constantsOf(native);
    const where = credStore(scratch, store);
    const major = await native.gss.acquireCredFrom.later(
      ...[minor, name, INDEFINITE, mechanisms, USAGE[usage], where, cred, NULL, NULL],
    );
    releaseName(native, scratch, name);
    if (major & MAJOR_ERRORS) return failure(scratch, major, minor);
    return new GssCredential(native, scratch.pointerAt(cred));
  }

  release(): void {
    using scratch = new Scratch(this.#native.memory);
    this.#native.gss.releaseCred.now(scratch.slot(), scratch.struct(this.handle));
  }
}

interface ContextSlots {
  readonly minor: Pointer;
  readonly context: Pointer;
  readonly output: Pointer;
  readonly flags: Pointer;
}

/** A security context. One call at a time: its owner waits for each. */
export class GssContext {
  readonly #native: Native;
  #handle: Pointer = NULL;

  constructor(native: Native) {
    this.#native = native;
  }

  /** Takes a token of the initiator. RFC 2743 §2.2.2. */
  async accept(
    credential: GssCredential,
    token: Uint8Array,
    bound: Uint8Array | undefined,
  ): Promise<GssStep | GssFailure> {
    using scratch = new Scratch(this.#native.memory);
    const slots = this.#slots(scratch);
    const major = await this.#native.gss.acceptSecContext.later(
      ...[slots.minor, slots.context, credential.handle, inputIn(scratch, token), bindingsIn(scratch, bound)],
      ...[NULL, NULL, slots.output, slots.flags, NULL, NULL],
    );
    return this.#step(scratch, slots, major);
  }

  /** Makes a token for an acceptor: for the self-test alone. RFC 2743 §2.2.1. */
  async initiate(
    credential: GssCredential,
    service: string,
    token: Uint8Array | undefined,
  ): Promise<GssStep | GssFailure> {
    using scratch = new Scratch(this.#native.memory);
    const target = importService(this.#native, scratch, service);
    if (isGssFailure(target)) return target;
    const slots = this.#slots(scratch);
    const input = token === undefined ? NULL : inputIn(scratch, token);
    const major = await this.#native.gss.initSecContext.later(
      ...[slots.minor, credential.handle, slots.context, target, constantsOf(this.#native).mechanism],
      ...[GSS_FLAG.mutual, 0, NULL, input, NULL, slots.output, slots.flags, NULL],
    );
    releaseName(this.#native, scratch, target);
    return this.#step(scratch, slots, major);
  }

  /** Full names of initiator and acceptor, of an open context. */
  peers(): { readonly initiator: string; readonly acceptor: string } | GssFailure {
    using scratch = new Scratch(this.#native.memory);
    const [minor, source, target] = [scratch.slot(), scratch.slot(), scratch.slot()];
    const major = Number(
      this.#native.gss.inquireContext.now(
        ...[minor, this.#handle, source, target, NULL, NULL, NULL, NULL, NULL],
      ),
    );
    if (major & MAJOR_ERRORS) return failure(scratch, major, minor);
    const names = [source, target].map((slot) => {
      const name = scratch.pointerAt(slot);
      const text = this.#displayName(scratch, name);
      releaseName(this.#native, scratch, name);
      return text;
    });
    const [initiator, acceptor] = names;
    if (initiator === undefined || acceptor === undefined) return { major: GSS_ERROR.defectiveToken, code: 0 };
    return { initiator, acceptor };
  }

  async wrap(octets: Uint8Array, isConfidential: boolean): Promise<Uint8Array | GssFailure> {
    using scratch = new Scratch(this.#native.memory);
    const [minor, output] = [scratch.slot(), outputIn(scratch)];
    const major = await this.#native.gss.wrap.later(
      ...[minor, this.#handle, Number(isConfidential), 0, inputIn(scratch, octets), NULL, output],
    );
    if (major & MAJOR_ERRORS) return failure(scratch, major, minor);
    return takeOutput(this.#native, scratch, output);
  }

  /** @returns the octets, and whether they were encrypted. */
  async unwrap(
    token: Uint8Array,
  ): Promise<{ readonly octets: Uint8Array; readonly isConfidential: boolean } | GssFailure> {
    using scratch = new Scratch(this.#native.memory);
    const [minor, output, state] = [scratch.slot(), outputIn(scratch), scratch.slot()];
    const major = await this.#native.gss.unwrap.later(
      ...[minor, this.#handle, inputIn(scratch, token), output, state, NULL],
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
  }

  /** How much fits into one token of so many octets. RFC 2744 §5.33. */
  wrapSizeLimit(tokenOctetsMax: number, isConfidential: boolean): number | GssFailure {
    using scratch = new Scratch(this.#native.memory);
    const [minor, limit] = [scratch.slot(), scratch.slot()];
    const major = Number(
      this.#native.gss.wrapSizeLimit.now(minor, this.#handle, Number(isConfidential), 0, tokenOctetsMax, limit),
    );
    return major & MAJOR_ERRORS ? failure(scratch, major, minor) : scratch.uint32At(limit);
  }

  /** Frees it. Safe to call twice, not while another call is under way. */
  delete(): void {
    if (this.#handle === NULL) return;
    using scratch = new Scratch(this.#native.memory);
    this.#native.gss.deleteSecContext.now(scratch.slot(), scratch.struct(this.#handle), NULL);
    this.#handle = NULL;
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
    if (major & (MAJOR_ERRORS | DUPLICATE_TOKEN)) return failure(scratch, major, slots.minor);
    return { token, needsMore: (major & CONTINUE_NEEDED) !== 0, flags: scratch.uint32At(slots.flags) };
  }

  #displayName(scratch: Scratch, name: Pointer): string | undefined {
    const [minor, output] = [scratch.slot(), outputIn(scratch)];
    const major = Number(this.#native.gss.displayName.now(minor, name, output, NULL));
    if (major & MAJOR_ERRORS) return undefined;
    return Buffer.from(takeOutput(this.#native, scratch, output)).toString("utf8");
  }
}

function importService(native: Native, scratch: Scratch, service: string): Pointer | GssFailure {
  const [minor, name] = [scratch.slot(), scratch.slot()];
  const text = inputIn(scratch, Buffer.from(service, "utf8"));
  const major = Number(native.gss.importName.now(minor, text, constantsOf(native).hostbased, name));
  return major & MAJOR_ERRORS ? failure(scratch, major, minor) : scratch.pointerAt(name);
}

function releaseName(native: Native, scratch: Scratch, name: Pointer): void {
  native.gss.releaseName.now(scratch.slot(), scratch.struct(name));
}

/** `gss_key_value_set_desc`. */
function credStore(scratch: Scratch, store: CredStore): Pointer {
  const entries = Object.entries(store);
  if (entries.length === 0) return NULL;
  const elements = scratch.struct(...entries.flat().map((text) => scratch.text(text)));
  return scratch.struct(entries.length, elements);
}

/** `gss_buffer_desc` with octets in it. */
const inputIn = (scratch: Scratch, octets: Uint8Array): Pointer =>
  scratch.struct(octets.length, scratch.copyOf(octets));

/** `gss_buffer_desc` to be filled. */
const outputIn = (scratch: Scratch): Pointer => scratch.room(BUFFER_OCTETS);

/** `gss_channel_bindings_struct` without addresses. */
const bindingsIn = (scratch: Scratch, bound: Uint8Array | undefined): Pointer =>
  bound === undefined
    ? NULL
    : scratch.struct(0, 0, 0, 0, 0, 0, bound.length, scratch.copyOf(bound));

function takeOutput(native: Native, scratch: Scratch, output: Pointer): Uint8Array {
  const length = Number(scratch.pointerAt(output));
  const octets = scratch.octetsAt(scratch.pointerAt(output + 8n), length);
  native.gss.releaseBuffer.now(scratch.slot(), output);
  return octets;
}

const failure = (scratch: Scratch, major: number, minor: Pointer): GssFailure => ({
  major: major >>> 0,
  code: scratch.int32At(minor),
});

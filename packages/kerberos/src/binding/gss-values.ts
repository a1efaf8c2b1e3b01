import type { Native, Pointer } from "./native.ts";
import { Scratch } from "./scratch.ts";

/** A failure as the GSSAPI tells it. RFC 2743 §1.2.1. */
export interface GssFailure {
  readonly major: number;
  /** The code of libkrb5, 0 when there is none. */
  readonly code: number;
}

/** The routine error of a failure: one of `GSS_ERROR`, or another. */
export const routineErrorOf = (failed: GssFailure): number => failed.major & 0xff0000;

/** Tells a failure from any other value. */
export const isGssFailure = (value: unknown): value is GssFailure =>
  typeof value === "object" && value !== null && "major" in value;

/** Routine errors of a major status, in its upper half. RFC 2744 §3.9.1. */
export const GSS_ERROR = { badBindings: 0x40000, badSignature: 0x60000, defectiveToken: 0x90000 } as const;

/** Is this major status an error, not only supplementary? */
export const isError = (major: number): boolean => (major & 0xffff0000) !== 0;

const BUFFER_OCTETS = 16;

/** Handles that live as long as the process: mechanism and kinds of names. */
interface Constants {
  readonly mechanism: Pointer;
  readonly mechanisms: Pointer;
  readonly hostbased: Pointer;
  readonly principal: Pointer;
}

const constants: WeakMap<Native, Constants> = new WeakMap();

/** Made at the first call. */
export function constantsOf(native: Native): Constants {
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
    principal: oid("2a864886f71201020201"),
  };
  constants.set(native, made);
  return made;
}

/** A full principal is taken as it is; what has no realm is the name of a service. */
export function importName(native: Native, scratch: Scratch, text: string): Pointer | GssFailure {
  const [minor, name] = [scratch.slot(), scratch.slot()];
  const { principal, hostbased } = constantsOf(native);
  const input = inputIn(scratch, Buffer.from(text, "utf8"));
  const major = Number(
    native.gss.importName.now(minor, input, text.includes("@") ? principal : hostbased, name),
  );
  return isError(major) ? failure(scratch, major, minor) : scratch.pointerAt(name);
}

/** Frees a name. */
export function releaseName(native: Native, scratch: Scratch, name: Pointer): void {
  native.gss.releaseName.now(scratch.slot(), scratch.struct(name));
}

/** `gss_buffer_desc` with octets in it. */
export const inputIn = (scratch: Scratch, octets: Uint8Array): Pointer =>
  scratch.struct(octets.length, scratch.copyOf(octets));

/** `gss_buffer_desc` to be filled. */
export const outputIn = (scratch: Scratch): Pointer => scratch.room(BUFFER_OCTETS);

/** Copies the octets out of a filled buffer, and empties it. */
export function takeOutput(native: Native, scratch: Scratch, output: Pointer): Uint8Array {
  const length = Number(scratch.pointerAt(output));
  const octets = scratch.octetsAt(scratch.pointerAt(output + 8n), length);
  native.gss.releaseBuffer.now(scratch.slot(), output);
  return octets;
}

/** The failure that a call has left in its slot. */
export const failure = (scratch: Scratch, major: number, minor: Pointer): GssFailure => ({
  major: major >>> 0,
  code: scratch.int32At(minor),
});

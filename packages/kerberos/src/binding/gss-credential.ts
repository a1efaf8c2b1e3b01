import {
  constantsOf,
  failure,
  type GssFailure,
  importName,
  isError,
  isGssFailure,
  releaseName,
} from "./gss-values.ts";
import { type Native, NULL, type Pointer } from "./native.ts";
import { Scratch } from "./scratch.ts";

const USAGE = { initiate: 1, accept: 2 } as const;
const INDEFINITE = 0xffffffff;

/**
 * Where keys and tickets are: as `gss_acquire_cred_from` names them, e.g. `keytab`, `client_keytab`,
 * `ccache`.
 */
export type CredStore = Readonly<Record<string, string>>;

/** A credential: keys to accept with, or tickets to initiate with. */
export class GssCredential {
  readonly #native: Native;
  readonly handle: Pointer;

  private constructor(native: Native, handle: Pointer) {
    this.#native = native;
    this.handle = handle;
  }

  /**
   * Reads keys or gets tickets.
   *
   * @param text a full principal, or the name of a service. To accept, `pop` stands for every `pop/…` key
   *   of the keytab, in every realm.
   */
  static async acquire(
    native: Native,
    text: string,
    usage: keyof typeof USAGE,
    store: CredStore,
  ): Promise<GssCredential | GssFailure> {
    using scratch = new Scratch(native.memory);
    const name = importName(native, scratch, text);
    if (isGssFailure(name)) return name;
    const [minor, cred] = [scratch.slot(), scratch.slot()];
    const { mechanisms } = constantsOf(native);
    const where = credStore(scratch, store);
    const major = await native.gss.acquireCredFrom.later(
      minor,
      name,
      INDEFINITE,
      mechanisms,
      USAGE[usage],
      where,
      cred,
      NULL,
      NULL,
    );
    releaseName(native, scratch, name);
    if (isError(major)) return failure(scratch, major, minor);
    return new GssCredential(native, scratch.pointerAt(cred));
  }

  release(): void {
    using scratch = new Scratch(this.#native.memory);
    this.#native.gss.releaseCred.now(scratch.slot(), scratch.struct(this.handle));
  }
}

/** `gss_key_value_set_desc`. */
function credStore(scratch: Scratch, store: CredStore): Pointer {
  const entries = Object.entries(store);
  if (entries.length === 0) return NULL;
  const elements = scratch.struct(...entries.flat().map((text) => scratch.text(text)));
  return scratch.struct(entries.length, elements);
}

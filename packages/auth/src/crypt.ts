import type * as KoffiModule from "koffi";

/** crypt(3) of this machine cannot be used; the message says what is missing. */
export class CryptUnavailable extends Error {
  override readonly name = "CryptUnavailable";
}

/** Hashes as crypt(3) does. */
export interface Crypt {
  /** @returns what crypt(3) makes of it, or `undefined` for a setting that it does not know. */
  hash(phrase: Uint8Array, setting: string): Promise<string | undefined>;
}

/** libxcrypt's `struct crypt_data`; it says so itself and never grows. */
const DATA_OCTETS = 32_768;
/**
 * libkrb5, which may be loaded after us, wants as much; koffi takes no word about it after the first library.
 */
const ASYNC_STACK_OCTETS_MIN: number = 1024 * 1024;

let loading: Promise<Crypt> | undefined;

/**
 * Loads libcrypt, once and not before somebody needs it: Poplar runs without.
 *
 * Rejects with `CryptUnavailable`, and tries again at the next call.
 */
export async function loadCrypt(file = "libcrypt.so.1"): Promise<Crypt> {
  loading ??= bind(file);
  try {
    return await loading;
  } catch (err) {
    loading = undefined;
    throw err;
  }
}

async function bind(file: string): Promise<Crypt> {
  const koffi = await importKoffi();
  enlargeStacks(koffi);
  const libcrypt = open(koffi, file);
  const libc = koffi.load(null);
  // Addresses and numbers only: what another thread looks at must not be moved or collected.
  const cryptRn = libcrypt.func("void *crypt_rn(void *phrase, void *setting, void *data, int octets)");
  const calloc = libc.func("void *calloc(size_t count, size_t octets)");
  const free = libc.func("void free(void *block)");
  const copy = libc.func("void *memcpy(void *to, void *from, size_t octets)");
  const strlen = libc.func("size_t strlen(void *text)");

  const allocate = (octets: number): bigint => {
    const block: unknown = calloc(1, octets);
    if (typeof block !== "bigint") throw new RangeError(`no memory for ${octets} octets`);
    return block;
  };
  const text = (from: bigint): string => {
    const octets = Buffer.alloc(Number(strlen(from)));
    copy(octets, from, octets.length);
    return octets.toString("latin1");
  };
  return {
    hash: async (phrase, setting) => {
      // C strings end at a NUL: no password that has one was ever hashed.
      if (phrase.includes(0) || setting.includes("\0")) return undefined;
      const settingOctets = Buffer.from(setting, "latin1");
      const memory = allocate(DATA_OCTETS + phrase.length + 1 + settingOctets.length + 1);
      try {
        const phraseAt = memory + BigInt(DATA_OCTETS);
        const settingAt = phraseAt + BigInt(phrase.length + 1);
        if (phrase.length > 0) copy(phraseAt, phrase, phrase.length);
        copy(settingAt, settingOctets, settingOctets.length);
        const hashed = await new Promise<unknown>((resolve, reject) => {
          cryptRn.async(phraseAt, settingAt, memory, DATA_OCTETS, (err: Error | null, result: unknown) => {
            if (err === null) resolve(result);
            else reject(err);
          });
        });
        return typeof hashed === "bigint" && hashed !== 0n ? text(hashed) : undefined;
      } finally {
        free(memory);
      }
    },
  };
}

async function importKoffi(): Promise<typeof KoffiModule> {
  try {
    return await import("koffi");
  } catch (cause) {
    throw new CryptUnavailable(
      "the package koffi cannot be loaded: install Poplar with optional dependencies, koffi's binary is one",
      { cause },
    );
  }
}

function enlargeStacks(koffi: typeof KoffiModule): void {
  if ((koffi.config().async_stack_size ?? 0) >= ASYNC_STACK_OCTETS_MIN) return;
  try {
    koffi.config({ async_stack_size: ASYNC_STACK_OCTETS_MIN });
  } catch {
    // Another user of koffi came first.
  }
}

function open(koffi: typeof KoffiModule, file: string): ReturnType<typeof KoffiModule.load> {
  try {
    return koffi.load(file);
  } catch (cause) {
    throw new CryptUnavailable(
      `${file} cannot be loaded, and passwords that were hashed by crypt(3) need it (Debian: libcrypt1)`,
      { cause },
    );
  }
}

import type * as KoffiModule from "koffi";
import type { LibraryHandle } from "koffi";
import { KerberosUnavailable } from "../kerberos-unavailable.ts";
import { Turnstile } from "./turnstile.ts";

/** An address in C memory. */
export type Pointer = bigint;

export const NULL: Pointer = 0n;

// Arguments are addresses and numbers, nothing else: what another thread looks at must not be moved or
// collected.
const GSS = {
  importName: "uint32_t gss_import_name(void *minor, void *text, void *oid, void *name)",
  acquireCredFrom: `uint32_t gss_acquire_cred_from(void *minor, void *name, uint32_t time, void *mechanisms, int usage,
    void *store, void *cred, void *actual, void *lifetime)`,
  acceptSecContext: `uint32_t gss_accept_sec_context(void *minor, void *context, void *cred, void *token, void *bindings,
    void *source, void *mechanism, void *output, void *flags, void *lifetime, void *delegated)`,
  initSecContext: `uint32_t gss_init_sec_context(void *minor, void *cred, void *context, void *target, void *mechanism,
    uint32_t flags, uint32_t time, void *bindings, void *token, void *actual, void *output, void *given, void *lifetime)`,
  inquireContext: `uint32_t gss_inquire_context(void *minor, void *context, void *source, void *target, void *lifetime,
    void *mechanism, void *flags, void *isLocal, void *isOpen)`,
  displayName: "uint32_t gss_display_name(void *minor, void *name, void *text, void *oid)",
  wrap: "uint32_t gss_wrap(void *minor, void *context, int conf, uint32_t qop, void *input, void *state, void *output)",
  unwrap:
    "uint32_t gss_unwrap(void *minor, void *context, void *input, void *output, void *state, void *qop)",
  wrapSizeLimit:
    "uint32_t gss_wrap_size_limit(void *minor, void *context, int conf, uint32_t qop, uint32_t max, void *limit)",
  releaseBuffer: "uint32_t gss_release_buffer(void *minor, void *buffer)",
  releaseName: "uint32_t gss_release_name(void *minor, void *name)",
  releaseCred: "uint32_t gss_release_cred(void *minor, void *cred)",
  deleteSecContext: "uint32_t gss_delete_sec_context(void *minor, void *context, void *token)",
} as const;

const KRB5 = {
  initContext: "int32_t krb5_init_context(void *context)",
  freeContext: "void krb5_free_context(void *context)",
  getErrorMessage: "void *krb5_get_error_message(void *context, int32_t code)",
  freeErrorMessage: "void krb5_free_error_message(void *context, void *text)",
  getDefaultRealm: "int32_t krb5_get_default_realm(void *context, void *realm)",
  freeDefaultRealm: "void krb5_free_default_realm(void *context, void *realm)",
  ktDefault: "int32_t krb5_kt_default(void *context, void *keytab)",
  ktResolve: "int32_t krb5_kt_resolve(void *context, void *name, void *keytab)",
  ktGetName: "int32_t krb5_kt_get_name(void *context, void *keytab, void *name, uint32_t octets)",
  ktClose: "int32_t krb5_kt_close(void *context, void *keytab)",
  ktStartSeqGet: "int32_t krb5_kt_start_seq_get(void *context, void *keytab, void *cursor)",
  ktNextEntry: "int32_t krb5_kt_next_entry(void *context, void *keytab, void *entry, void *cursor)",
  ktEndSeqGet: "int32_t krb5_kt_end_seq_get(void *context, void *keytab, void *cursor)",
  freeKeytabEntryContents: "int32_t krb5_free_keytab_entry_contents(void *context, void *entry)",
  enctypeToName: "int32_t krb5_enctype_to_name(int32_t enctype, int shortest, void *text, size_t octets)",
  unparseName: "int32_t krb5_unparse_name(void *context, void *principal, void *text)",
  freeUnparsedName: "void krb5_free_unparsed_name(void *context, void *text)",
  rdReq:
    "int32_t krb5_rd_req(void *context, void *auth, void *input, void *server, void *keytab, void *options, void *ticket)",
  mkRep: "int32_t krb5_mk_rep(void *context, void *auth, void *output)",
  authConGetAuthenticator:
    "int32_t krb5_auth_con_getauthenticator(void *context, void *auth, void *authenticator)",
  freeAuthenticator: "void krb5_free_authenticator(void *context, void *authenticator)",
  authConFree: "int32_t krb5_auth_con_free(void *context, void *auth)",
  freeTicket: "void krb5_free_ticket(void *context, void *ticket)",
  freeDataContents: "void krb5_free_data_contents(void *context, void *octets)",
} as const;

/** A C function of the binding. */
export interface NativeFunction {
  /** Calls it on this thread: for what neither waits nor computes long. */
  now(...args: readonly (Pointer | number)[]): Pointer | number;
  /** Calls it on another thread: for what reads files, talks to the network or does cryptography on much. */
  later(...args: readonly (Pointer | number)[]): Promise<number>;
}

/** C memory, octet by octet. */
export interface NativeMemory {
  /** Octets that are all zero. */
  allocate(octets: number): Pointer;
  free(pointer: Pointer): void;
  write(pointer: Pointer, octets: Uint8Array): void;
  read(pointer: Pointer, octets: number): Uint8Array<ArrayBuffer>;
  /** Octets of a C string, without its NUL. */
  stringOctets(pointer: Pointer): number;
}

/** The libraries, loaded. */
export interface Native {
  readonly gss: Readonly<Record<keyof typeof GSS, NativeFunction>>;
  readonly krb5: Readonly<Record<keyof typeof KRB5, NativeFunction>>;
  readonly memory: NativeMemory;
}

type Koffi = typeof KoffiModule;

const ASYNC_STACK_OCTETS_MIN: number = 1024 * 1024;
/** Calls on other threads at a time; koffi refuses more than 64. */
const CALLS_MAX = 32;

/** A shared library, and the Debian package that has it. */
interface LibraryName {
  readonly file: string;
  readonly debian: string;
}

const LIBRARIES: Readonly<Record<"krb5" | "gss", LibraryName>> = {
  krb5: { file: "libkrb5.so.3", debian: "libkrb5-3" },
  gss: { file: "libgssapi_krb5.so.2", debian: "libgssapi-krb5-2" },
};

let loading: Promise<Native> | undefined;

/**
 * Loads libkrb5 and libgssapi_krb5, once. The only place that does, and nothing loads before it is called.
 *
 * Rejects with `KerberosUnavailable`, and tries again at the next call.
 */
export async function loadNative(): Promise<Native> {
  loading ??= loadFrom(LIBRARIES);
  try {
    return await loading;
  } catch (err) {
    loading = undefined;
    throw err;
  }
}

/** Loads the libraries from these files; `loadNative` is for everybody but the tests. */
export async function loadFrom(libraries: Readonly<Record<"krb5" | "gss", LibraryName>>): Promise<Native> {
  const koffi = await importKoffi();
  // What the offsets in this folder assume.
  if (koffi.sizeof("void *") !== 8) throw new KerberosUnavailable("Kerberos needs a 64-bit machine");
  enlargeStacks(koffi);
  const turnstile = new Turnstile(CALLS_MAX);
  const libc = koffi.load(null);
  return {
    krb5: bindAll(KRB5, open(koffi, libraries.krb5), turnstile),
    gss: bindAll(GSS, open(koffi, libraries.gss), turnstile),
    memory: bindMemory(libc, turnstile),
  };
}

async function importKoffi(): Promise<Koffi> {
  try {
    return await import("koffi");
  } catch (cause) {
    throw new KerberosUnavailable(
      "the package koffi cannot be loaded: install Poplar with optional dependencies, koffi's binary is one",
      { cause },
    );
  }
}

/**
 * 1 MiB: plug-ins of libkrb5 were written for ordinary threads. Too late once some library was loaded: then
 * as it is.
 */
function enlargeStacks(koffi: Koffi): void {
  if ((koffi.config().async_stack_size ?? 0) >= ASYNC_STACK_OCTETS_MIN) return;
  try {
    koffi.config({ async_stack_size: ASYNC_STACK_OCTETS_MIN });
  } catch {
    // Another user of koffi came first.
  }
}

function open(koffi: Koffi, { file, debian }: LibraryName): LibraryHandle {
  try {
    return koffi.load(file);
  } catch (cause) {
    throw new KerberosUnavailable(`${file} cannot be loaded: install MIT Kerberos (Debian: ${debian})`, {
      cause,
    });
  }
}

function bindAll<Name extends string>(
  prototypes: Readonly<Record<Name, string>>,
  library: LibraryHandle,
  turnstile: Turnstile,
): Readonly<Record<Name, NativeFunction>> {
  const bound: Partial<Record<Name, NativeFunction>> = {};
  for (const name in prototypes) bound[name] = bind(library, prototypes[name], turnstile);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loop has set every name
  return bound as Record<Name, NativeFunction>;
}

function bind(library: LibraryHandle, prototype: string, turnstile: Turnstile): NativeFunction {
  const call = declare(library, prototype);
  return {
    now: (...args) => scalar(call(...args)),
    later: async (...args) =>
      turnstile.pass(
        async () =>
          new Promise((resolve, reject) => {
            call.async(...args, (err: Error | null, result: unknown) => {
              if (err === null) resolve(Number(scalar(result)));
              else reject(err);
            });
          }),
      ),
  };
}

function declare(library: LibraryHandle, prototype: string): ReturnType<LibraryHandle["func"]> {
  try {
    return library.func(prototype);
  } catch (cause) {
    throw new KerberosUnavailable(`the Kerberos library is too old: it lacks ${prototype}`, { cause });
  }
}

/** `void *` comes as a bigint or null, numbers as they are, `void` as undefined. */
function scalar(result: unknown): Pointer | number {
  if (typeof result === "bigint" || typeof result === "number") return result;
  return NULL;
}

function bindMemory(libc: LibraryHandle, turnstile: Turnstile): NativeMemory {
  const calloc = bind(libc, "void *calloc(size_t count, size_t octets)", turnstile);
  const free = bind(libc, "void free(void *block)", turnstile);
  const strlen = bind(libc, "size_t strlen(void *text)", turnstile);
  const copy = declare(libc, "void *memcpy(void *to, void *from, size_t octets)");
  return {
    allocate: (octets) => {
      const block = calloc.now(1, Math.max(octets, 1));
      if (block === NULL) throw new RangeError(`no memory for ${octets} octets`);
      return BigInt(block);
    },
    free: (pointer) => {
      free.now(pointer);
    },
    write: (pointer, octets) => {
      if (octets.length > 0) copy(pointer, octets, octets.length);
    },
    read: (pointer, octets) => {
      const into = new Uint8Array(octets);
      if (octets > 0) copy(into, pointer, octets);
      return into;
    },
    stringOctets: (pointer) => Number(strlen.now(pointer)),
  };
}

import { type Native, NULL, type Pointer } from "./native.ts";
import { Scratch } from "./scratch.ts";

/** A failure as libkrb5 tells it. */
export interface Krb5Failure {
  readonly code: number;
  readonly text: string;
}

/** Tells a failure from any other value. */
export const isKrb5Failure = (value: unknown): value is Krb5Failure =>
  typeof value === "object" && value !== null && "code" in value && "text" in value;

/** What a good AP-REQ tells. RFC 4120 §3.2.3. */
export interface Krb5Accepted {
  /** Full principal of the client. */
  readonly client: string;
  /** Full principal of the key that opened the ticket. */
  readonly service: string;
  /** AP-REP; `undefined` when the client did not ask for mutual authentication. */
  readonly apRep: Uint8Array | undefined;
}

/** A key of a keytab, without the key. */
export interface KeytabEntry {
  readonly principal: string;
  readonly keyVersion: number;
  readonly enctype: string;
}

const AP_OPTS_MUTUAL_REQUIRED = 0x20000000;
/** `krb5_data`, `krb5_keytab_entry`: on 64-bit machines. */
const DATA_OCTETS = 16;
const KEYTAB_ENTRY_OCTETS = 48;
const NAME_OCTETS_MAX = 1024;
const KRB5_KT_END: number = -1765328202;
const IDLE_CONTEXTS_MAX = 16;

/** Contexts of libkrb5: one call at a time in each, so as many as there are calls under way. */
export class Krb5Contexts implements Disposable {
  readonly #native: Native;
  readonly #idle: Pointer[] = [];
  #isDisposed = false;

  constructor(native: Native) {
    this.#native = native;
  }

  /** Lends a context for one piece of work. */
  async use<T>(work: (context: Krb5Context) => Promise<T>): Promise<T | Krb5Failure> {
    const handle = this.#idle.pop() ?? this.#create();
    if (typeof handle !== "bigint") return handle;
    try {
      using scratch = new Scratch(this.#native.memory);
      return await work(new Krb5Context(this.#native, handle, scratch));
    } finally {
      if (this.#isDisposed || this.#idle.length >= IDLE_CONTEXTS_MAX)
        this.#native.krb5.freeContext.now(handle);
      else this.#idle.push(handle);
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const handle of this.#idle.splice(0)) this.#native.krb5.freeContext.now(handle);
  }

  #create(): Pointer | Krb5Failure {
    using scratch = new Scratch(this.#native.memory);
    const slot = scratch.slot();
    const code = Number(this.#native.krb5.initContext.now(slot));
    if (code !== 0) return { code, text: "krb5_init_context failed: is krb5.conf readable and well-formed?" };
    return scratch.pointerAt(slot);
  }
}

/** One context of libkrb5, for the time of one piece of work. */
export class Krb5Context {
  readonly #native: Native;
  readonly #handle: Pointer;
  readonly #scratch: Scratch;

  constructor(native: Native, handle: Pointer, scratch: Scratch) {
    this.#native = native;
    this.#handle = handle;
    this.#scratch = scratch;
  }

  /** Checks an AP-REQ against the keys of a keytab, and makes the AP-REP if it asks for one. */
  async readRequest(keytab: string | undefined, apReq: Uint8Array): Promise<Krb5Accepted | Krb5Failure> {
    const { krb5 } = this.#native;
    const table = this.#openKeytab(keytab);
    if (isKrb5Failure(table)) return table;
    const scratch = this.#scratch;
    const [auth, options, ticket] = [scratch.slot(), scratch.slot(), scratch.slot()];
    // krb5_data: magic and length share eight octets.
    const input = scratch.struct(BigInt(apReq.length) << 32n, scratch.copyOf(apReq));
    const code = await krb5.rdReq.later(this.#handle, auth, input, NULL, table, options, ticket);
    try {
      if (code !== 0) return this.#failure(code);
      const isMutual = (scratch.uint32At(options) & AP_OPTS_MUTUAL_REQUIRED) !== 0;
      return this.#accepted(scratch.pointerAt(auth), scratch.pointerAt(ticket), isMutual);
    } finally {
      if (scratch.pointerAt(ticket) !== NULL) krb5.freeTicket.now(this.#handle, scratch.pointerAt(ticket));
      if (scratch.pointerAt(auth) !== NULL) krb5.authConFree.now(this.#handle, scratch.pointerAt(auth));
      krb5.ktClose.now(this.#handle, table);
    }
  }

  /** The keys of a keytab. */
  async readKeytab(keytab: string | undefined): Promise<readonly KeytabEntry[] | Krb5Failure> {
    const { krb5 } = this.#native;
    const table = this.#openKeytab(keytab);
    if (isKrb5Failure(table)) return table;
    try {
      const [cursor, entry] = [this.#scratch.slot(), this.#scratch.room(KEYTAB_ENTRY_OCTETS)];
      const code = await krb5.ktStartSeqGet.later(this.#handle, table, cursor);
      if (code !== 0) return this.#failure(code);
      const entries: KeytabEntry[] = [];
      let next = await krb5.ktNextEntry.later(this.#handle, table, entry, cursor);
      while (next === 0) {
        entries.push(this.#entryAt(entry));
        krb5.freeKeytabEntryContents.now(this.#handle, entry);
        next = await krb5.ktNextEntry.later(this.#handle, table, entry, cursor);
      }
      krb5.ktEndSeqGet.now(this.#handle, table, cursor);
      return next === KRB5_KT_END ? entries : this.#failure(next);
    } finally {
      krb5.ktClose.now(this.#handle, table);
    }
  }

  /** The full name of a keytab, e.g. `FILE:/etc/krb5.keytab`. */
  keytabName(keytab: string | undefined): string | Krb5Failure {
    const table = this.#openKeytab(keytab);
    if (isKrb5Failure(table)) return table;
    const text = this.#scratch.room(NAME_OCTETS_MAX);
    const code = Number(this.#native.krb5.ktGetName.now(this.#handle, table, text, NAME_OCTETS_MAX));
    this.#native.krb5.ktClose.now(this.#handle, table);
    return code === 0 ? this.#scratch.textAt(text) : this.#failure(code);
  }

  defaultRealm(): string | Krb5Failure {
    const slot = this.#scratch.slot();
    const code = Number(this.#native.krb5.getDefaultRealm.now(this.#handle, slot));
    if (code !== 0) return this.#failure(code);
    const realm = this.#scratch.pointerAt(slot);
    const text = this.#scratch.textAt(realm);
    this.#native.krb5.freeDefaultRealm.now(this.#handle, realm);
    return text;
  }

  /** What libkrb5 says about a code. */
  describe(code: number): string {
    const text = BigInt(this.#native.krb5.getErrorMessage.now(this.#handle, code));
    const described = this.#scratch.textAt(text);
    this.#native.krb5.freeErrorMessage.now(this.#handle, text);
    return described;
  }

  #accepted(auth: Pointer, ticket: Pointer, isMutual: boolean): Krb5Accepted | Krb5Failure {
    const client = this.#clientOf(auth);
    if (typeof client !== "string") return client;
    // krb5_ticket: the service comes after the magic number.
    const service = this.#unparse(this.#scratch.pointerAt(ticket + 8n));
    if (typeof service !== "string") return service;
    if (!isMutual) return { client, service, apRep: undefined };
    const output = this.#scratch.room(DATA_OCTETS);
    const code = Number(this.#native.krb5.mkRep.now(this.#handle, auth, output));
    if (code !== 0) return this.#failure(code);
    const apRep = this.#scratch.octetsAt(
      this.#scratch.pointerAt(output + 8n),
      this.#scratch.uint32At(output + 4n),
    );
    this.#native.krb5.freeDataContents.now(this.#handle, output);
    return { client, service, apRep };
  }

  /**
   * krb5_authenticator: the client comes after the magic number; libkrb5 has compared it with the ticket's.
   */
  #clientOf(auth: Pointer): string | Krb5Failure {
    const slot = this.#scratch.slot();
    const code = Number(this.#native.krb5.authConGetAuthenticator.now(this.#handle, auth, slot));
    if (code !== 0) return this.#failure(code);
    const authenticator = this.#scratch.pointerAt(slot);
    const client = this.#unparse(this.#scratch.pointerAt(authenticator + 8n));
    this.#native.krb5.freeAuthenticator.now(this.#handle, authenticator);
    return client;
  }

  /** krb5_keytab_entry: magic, principal, timestamp, version, then krb5_keyblock: magic, enctype. */
  #entryAt(entry: Pointer): KeytabEntry {
    const scratch = this.#scratch;
    const principal = this.#unparse(scratch.pointerAt(entry + 8n));
    const enctype = scratch.int32At(entry + 28n);
    const text = scratch.room(NAME_OCTETS_MAX);
    const code = this.#native.krb5.enctypeToName.now(enctype, 0, text, NAME_OCTETS_MAX);
    return {
      principal: typeof principal === "string" ? principal : principal.text,
      keyVersion: scratch.uint32At(entry + 20n),
      enctype: code === 0 ? scratch.textAt(text) : `enctype ${enctype}`,
    };
  }

  #openKeytab(keytab: string | undefined): Pointer | Krb5Failure {
    const slot = this.#scratch.slot();
    const code =
      keytab === undefined
        ? this.#native.krb5.ktDefault.now(this.#handle, slot)
        : this.#native.krb5.ktResolve.now(this.#handle, this.#scratch.text(keytab), slot);
    return code === 0 ? this.#scratch.pointerAt(slot) : this.#failure(Number(code));
  }

  #unparse(principal: Pointer): string | Krb5Failure {
    const slot = this.#scratch.slot();
    const code = Number(this.#native.krb5.unparseName.now(this.#handle, principal, slot));
    if (code !== 0) return this.#failure(code);
    const text = this.#scratch.pointerAt(slot);
    const name = this.#scratch.textAt(text);
    this.#native.krb5.freeUnparsedName.now(this.#handle, text);
    return name;
  }

  #failure(code: number): Krb5Failure {
    return { code, text: this.describe(code) };
  }
}

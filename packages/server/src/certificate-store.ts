import { createHash, randomBytes } from "node:crypto";
import { type Stats, unwatchFile, watchFile } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { ServiceEvents } from "@poplar/telemetry";
import {
  type Authorities,
  type Certificate,
  CertificateError,
  type CertificateFiles,
  readAuthorities,
  readCertificate,
} from "./certificate.ts";
import { renewTickets } from "./ticket-renewal.ts";

export interface CertificateStoreOptions {
  /** The first one serves clients that name no host, or one that no certificate has. At least one. */
  readonly certificates: readonly CertificateFiles[];
  /**
   * Files of certificates, in PEM, of those whose clients' certificates are believed; clients are asked for
   * one then. Beside them may stand revocation lists: where one stands, each authority of a chain needs its
   * own, not yet overdue, or nobody is believed.
   */
  readonly clientAuthorityFiles?: readonly string[];
  readonly events: Pick<ServiceEvents, "certificateReloaded" | "certificateRefused">;
  /** How often the files are looked at for changes, in milliseconds; 5000 when absent. */
  readonly watchMs?: number;
}

/** The certificates in use. New ones replace them while the server runs; broken ones never do. */
export interface CertificateStore {
  /** What to present to a client that asked for this host, or for none. */
  contextFor(serverName: string | undefined): SecureContext;
  /** There is something to choose between: the name that a client asks for matters. */
  readonly hasChoice: boolean;
  /** Clients are asked for a certificate of their own, and need not have one. */
  readonly isClientAsked: boolean;
  /**
   * Seals session tickets with these 48 octets from now on: what other processes seal with them is resumed
   * here.
   */
  useTicketKeys(keys: Buffer): void;
  /** Reads the files again. @returns false when they are not usable and the old certificates stay. */
  reload(): Promise<boolean>;
  /** Stops looking for changes. */
  close(): void;
}

/** Opens the certificates. @throws CertificateError */
export async function openCertificateStore(options: CertificateStoreOptions): Promise<CertificateStore> {
  const store = new FileCertificateStore(options);
  await store.load();
  store.watch();
  return store;
}

/** A session can be resumed while its ticket's keys are in force, whatever is reloaded meanwhile. */
const ticketKeysOctets = 48;
const sessionSecondsMax = 43_200;

/** Longest that OpenSSL takes. */
const sessionContextOctetsMax = 32;

/** What stood in the files when they were read last and could be used. */
interface Loaded {
  readonly certificates: readonly Certificate[];
  readonly authorities: readonly Authorities[];
}

interface Contexts {
  readonly fallback: SecureContext;
  readonly byName: ReadonlyMap<string, SecureContext>;
  readonly hasChoice: boolean;
}

class FileCertificateStore implements CertificateStore {
  readonly #options: CertificateStoreOptions;
  readonly #files: readonly string[];
  readonly #authorityFiles: readonly string[];
  #ticketKeys: Buffer = randomBytes(ticketKeysOctets);
  #loaded: Loaded = { certificates: [], authorities: [] };
  readonly #onChange = (now: Stats, before: Stats): void => this.#changed(now, before);
  #contexts: Contexts | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: CertificateStoreOptions) {
    this.#options = options;
    this.#authorityFiles = options.clientAuthorityFiles ?? [];
    this.#files = [
      ...options.certificates.flatMap((pair) => [pair.certificateFile, pair.keyFile]),
      ...this.#authorityFiles,
    ];
  }

  get hasChoice(): boolean {
    return this.#inUse.hasChoice;
  }

  get isClientAsked(): boolean {
    return this.#authorityFiles.length > 0;
  }

  contextFor(serverName: string | undefined): SecureContext {
    const { byName, fallback } = this.#inUse;
    if (serverName === undefined || byName.size === 0) return fallback;
    const name = serverName.toLowerCase();
    return byName.get(name) ?? byName.get(name.replace(/^[^.]+/, "*")) ?? fallback;
  }

  async load(): Promise<void> {
    const [certificates, authorities] = await Promise.all([
      Promise.all(this.#options.certificates.map(readCertificate)),
      Promise.all(this.#authorityFiles.map(readAuthorities)),
    ]);
    this.#loaded = { certificates, authorities };
    this.#contexts = contextsOf(this.#loaded, this.#ticketKeys);
    for (const { subject, notAfter } of certificates) {
      this.#options.events.certificateReloaded({ subject, notAfter });
    }
  }

  useTicketKeys(keys: Buffer): void {
    this.#ticketKeys = keys;
    this.#contexts = contextsOf(this.#loaded, keys);
  }

  async reload(): Promise<boolean> {
    try {
      await this.load();
      return true;
    } catch (err) {
      const file = err instanceof CertificateError ? err.file : (this.#files[0] ?? "");
      this.#options.events.certificateRefused({ file, cause: err });
      return false;
    }
  }

  /** By polling: it sees what `fs.watch` misses, files replaced by renaming and through symbolic links. */
  watch(): void {
    const interval = this.#options.watchMs ?? 5000;
    for (const file of new Set(this.#files)) watchFile(file, { interval, persistent: false }, this.#onChange);
  }

  close(): void {
    clearTimeout(this.#settling);
    for (const file of new Set(this.#files)) unwatchFile(file, this.#onChange);
  }

  get #inUse(): Contexts {
    if (this.#contexts === undefined) throw new Error("certificates: used before they were loaded");
    return this.#contexts;
  }

  /** Certificate and key change one after the other: the last change counts. */
  #changed(now: Stats, before: Stats): void {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return;
    clearTimeout(this.#settling);
    const settleMs = Math.min(1000, (this.#options.watchMs ?? 5000) * 2);
    this.#settling = setTimeout(() => void this.reload(), settleMs).unref();
  }
}

/**
 * A session is resumed only under the authorities, and the revocation lists, that it was begun with: it
 * brings the client's certificate along, and what checking it came to.
 */
function sessionContextOf(authorities: readonly Authorities[]): string {
  const hash = createHash("sha256");
  for (const { pem } of authorities) hash.update(pem);
  return hash.digest("hex").slice(0, sessionContextOctetsMax);
}

/**
 * One context for all certificates of the same names: an EC one beside an RSA one, say, and the client picks.
 */
function contextsOf({ certificates, authorities }: Loaded, ticketKeys: Buffer): Contexts {
  const groups = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    const names = certificate.names.toSorted().join(" ");
    groups.set(names, [...(groups.get(names) ?? []), certificate]);
  }
  const revocationLists = authorities.flatMap((each) => each.revocationLists);
  const byName = new Map<string, SecureContext>();
  let fallback: SecureContext | undefined;
  for (const group of groups.values()) {
    const context = createSecureContext({
      cert: group.map(({ chain }) => chain),
      key: group.map(({ key }) => key),
      // RFC 8314 §4.1, §7.3.
      minVersion: "TLSv1.2",
      honorCipherOrder: true,
      sessionIdContext: sessionContextOf(authorities),
      sessionTimeout: sessionSecondsMax,
      ticketKeys,
      // With none, those that the system trusts would be believed.
      ...(authorities.length > 0 && { ca: authorities.map(({ pem }) => pem) }),
      ...(revocationLists.length > 0 && { crl: revocationLists }),
    });
    renewTickets(context, ticketKeys);
    fallback ??= context;
    for (const name of group[0]?.names ?? []) {
      if (!byName.has(name)) byName.set(name, context);
    }
  }
  if (fallback === undefined) throw new Error("certificates: there is none");
  return { fallback, byName, hasChoice: groups.size > 1 };
}

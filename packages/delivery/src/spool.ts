import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SpoolFile, spoolFileSuffix } from "./spool-file.ts";

/** Where messages wait while they come in, and its limits. */
export interface SpoolOptions {
  /** Made when absent. Several processes may share it. */
  readonly directory: string;
  /** A message up to this size stays in memory, and a larger one never takes more. Default 256 KiB. */
  readonly memoryOctetsMax?: number;
  /** What the messages of this process may take on the disk together. Default 4 GiB. */
  readonly diskOctetsMax?: number;
}

/** Opens the spool, and clears away what a crash left there. Throws when the directory is not usable. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(options.directory)) {
    // Another process may just have made it; what it has open it keeps.
    if (name.endsWith(spoolFileSuffix)) await rm(join(options.directory, name), { force: true });
  }
  return new Spool(options);
}

/** Keeps messages between their first octet and the commit: small ones in memory, larger ones in files. */
export class Spool {
  readonly memoryOctetsMax: number;
  readonly #directory: string;
  readonly #diskOctetsMax: number;
  #diskOctets = 0;

  /** For a directory that exists; see `openSpool`. */
  constructor(options: SpoolOptions) {
    this.#directory = options.directory;
    this.memoryOctetsMax = options.memoryOctetsMax ?? 256 * 1024;
    this.#diskOctetsMax = options.diskOctetsMax ?? 4 * 1024 ** 3;
  }

  /** Octets on the disk now. */
  get diskOctets(): number {
    return this.#diskOctets;
  }

  /** Makes an empty file without a name. */
  openFile(): Promise<SpoolFile> {
    return SpoolFile.open(this.#directory);
  }

  /** @returns false when so much has no room. */
  reserve(octets: number): boolean {
    if (this.#diskOctets + octets > this.#diskOctetsMax) return false;
    this.#diskOctets += octets;
    return true;
  }

  release(octets: number): void {
    this.#diskOctets -= octets;
  }
}

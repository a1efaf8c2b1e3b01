import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";

/** How the names of spool files end, for the moment in which they have one. */
export const spoolFileSuffix = ".poplar-spool";

const sliceOctets = 64 * 1024;

/** A file that is gone when its process is: it loses its name as soon as it is open. */
export class SpoolFile implements AsyncDisposable {
  readonly #file: FileHandle;
  #octets = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(directory: string): Promise<SpoolFile> {
    const path = join(directory, `${randomUUID()}${spoolFileSuffix}`);
    const file = await open(path, "wx+", 0o600);
    await rm(path, { force: true });
    return new SpoolFile(file);
  }

  /** Octets that it holds. */
  get octets(): number {
    return this.#octets;
  }

  async append(octets: Uint8Array): Promise<void> {
    let from = 0;
    while (from < octets.length) {
      const { bytesWritten } = await this.#file.write(octets, from, octets.length - from, this.#octets);
      from += bytesWritten;
      this.#octets += bytesWritten;
    }
  }

  /** All octets in order, read anew each time. */
  async *slices(): AsyncGenerator<Uint8Array> {
    let at = 0;
    while (at < this.#octets) {
      const slice = Buffer.allocUnsafeSlow(Math.min(sliceOctets, this.#octets - at));
      const { bytesRead } = await this.#file.read(slice, 0, slice.length, at);
      if (bytesRead === 0) throw new Error("a spool file is shorter than what was written to it");
      at += bytesRead;
      yield slice.subarray(0, bytesRead);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}

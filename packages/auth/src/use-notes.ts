import type { Credential, CredentialDirectory } from "@poplar/maildrop";

/** Last use is told to the quarter of an hour: clients poll every few minutes, and each note is a write. */
const NOTE_MS = 15 * 60 * 1000;

/** Credentials whose last note is remembered. */
const NOTED_MAX = 50_000;

/** Notes when credentials were used, now and then. */
export class UseNotes {
  readonly #directory: Pick<CredentialDirectory, "recordUse">;
  readonly #nowMs: () => number;
  /** When each was noted, the oldest first. */
  readonly #notedMs = new Map<number, number>();

  constructor(directory: Pick<CredentialDirectory, "recordUse">, nowMs: () => number) {
    this.#directory = directory;
    this.#nowMs = nowMs;
  }

  /** Never throws and never waits. The main password is used all the time: nobody asks when. */
  note(credential: Credential | undefined): void {
    if (credential === undefined || credential.kind === "password") return;
    const { credentialId } = credential;
    const nowMs = this.#nowMs();
    if (nowMs - (this.#notedMs.get(credentialId) ?? Number.NEGATIVE_INFINITY) < NOTE_MS) return;
    this.#notedMs.delete(credentialId);
    this.#notedMs.set(credentialId, nowMs);
    if (this.#notedMs.size > NOTED_MAX) {
      const [oldest] = this.#notedMs.keys();
      if (oldest !== undefined) this.#notedMs.delete(oldest);
    }
    // A note that is lost is made again in a quarter of an hour.
    this.#directory.recordUse(credentialId, new Date(nowMs)).catch(() => {});
  }
}

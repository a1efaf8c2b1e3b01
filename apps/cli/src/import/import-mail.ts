import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { DigestEntry } from "@poplar/operations";
import { WireEncoder } from "@poplar/protocol";
import type { ApiClient } from "../api-client.ts";
import { Refusal } from "../refusal.ts";
import type { MailSource, SourceMessage } from "./mail-source.ts";
import { openMessage } from "./message-header.ts";

/** What to import, and where to. */
export interface ImportRequest {
  readonly api: ApiClient;
  readonly source: MailSource;
  readonly login: string;
  readonly isDryRun: boolean;
  /** Compare afterwards what is stored with what the source holds. */
  readonly isVerified: boolean;
  /** Told after each message how far that was. */
  readonly advanced: (weight: number) => void;
}

/** A message that was not imported, or is not what it was. */
export interface Trouble {
  readonly message: string;
  readonly detail: string;
}

/** What came of an import. */
export interface ImportReport {
  /** Whose rule the unique-ids follow. */
  readonly rule: string;
  isDryRun: boolean;
  /** In the source. */
  messages: number;
  imported: number;
  importedOctets: number;
  /** Imported before, whether they are still there or not. */
  known: number;
  /** With the unique-id that clients know them by. */
  keptUniqueIds: number;
  refused: Trouble[];
  /** Compared, and the same; `null` without `--verify`. */
  verified: number | null;
  differing: Trouble[];
}

/** Messages that are looked up, and compared, at once. */
const batchMessages = 100;

/** Imports what the maildrop has not had yet, in order. */
export async function importMail(request: ImportRequest): Promise<ImportReport> {
  const { source, isDryRun, isVerified } = request;
  const report: ImportReport = {
    rule: source.rule,
    isDryRun,
    messages: 0,
    imported: 0,
    importedOctets: 0,
    known: 0,
    keptUniqueIds: 0,
    refused: [],
    verified: isVerified && !isDryRun ? 0 : null,
    differing: [],
  };
  for await (const batch of batchesOf(source.messages())) await importBatch(request, batch, report);
  return report;
}

async function* batchesOf(
  messages: AsyncIterable<SourceMessage>,
): AsyncGenerator<readonly SourceMessage[], void, undefined> {
  let batch: SourceMessage[] = [];
  for await (const message of messages) {
    batch.push(message);
    if (batch.length < batchMessages) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A message in wire form, in short. */
interface Digest {
  readonly octets: number;
  readonly sha256: string;
}

async function importBatch(
  request: ImportRequest,
  batch: readonly SourceMessage[],
  report: ImportReport,
): Promise<void> {
  const used = await usedIds(request, batch);
  const digests = new Map<string, Digest | SourceMessage>();
  for (const message of batch) {
    const usedId = [message.uniqueId, message.formerId].find((id) => id !== undefined && used.has(id));
    report.messages += 1;
    report.keptUniqueIds += Number(message.isKept);
    if (usedId !== undefined) {
      report.known += 1;
      digests.set(usedId, message);
    } else {
      const digest = request.isDryRun ? undefined : await tryOne(request, message, report);
      if (request.isDryRun) report.imported += 1;
      if (digest !== undefined) digests.set(message.uniqueId, digest);
    }
    request.advanced(message.weight);
  }
  if (report.verified !== null) await verify(request, digests, report);
}

async function usedIds({ api, login }: ImportRequest, batch: readonly SourceMessage[]): Promise<Set<string>> {
  const uniqueIds = batch.flatMap(({ uniqueId, formerId }) =>
    formerId === undefined ? [uniqueId] : [uniqueId, formerId],
  );
  const { used } = await api.call<{ readonly used: readonly string[] }>({
    method: "POST",
    path: `${pathOf(login)}/used-unique-ids`,
    body: { uniqueIds },
  });
  return new Set(used);
}

/** What one message alone is refused for, and others need not be. */
const ownFaults: ReadonlySet<string> = new Set([
  "message-too-big",
  "invalid-input",
  "not-delivered",
  "server-refused",
]);

async function tryOne(
  request: ImportRequest,
  message: SourceMessage,
  report: ImportReport,
): Promise<Digest | undefined> {
  try {
    const digest = await importOne(request, message);
    report.imported += 1;
    report.importedOctets += digest.octets;
    return digest;
  } catch (err) {
    if (err instanceof Refusal && err.code === "already-exists") {
      report.known += 1;
      return undefined;
    }
    if (!(err instanceof Error)) throw err;
    const isOwnFault = err instanceof Refusal ? ownFaults.has(err.code) : "syscall" in err;
    if (!isOwnFault) throw err;
    report.refused.push({ message: message.name, detail: err.message });
    return undefined;
  }
}

async function importOne({ api, login }: ImportRequest, message: SourceMessage): Promise<Digest> {
  const { header, content } = await openMessage(message.open());
  const { reversePath, deliveredTo } = header;
  const receivedAt = message.receivedAt ?? header.receivedAt ?? new Date();
  const isHost = !login.includes("@");
  const recipient = isHost && deliveredTo?.endsWith(`@${login.toLowerCase()}`) ? deliveredTo : undefined;
  const reading = new DigestReading(content);
  const query = { uniqueId: message.uniqueId, receivedAt: receivedAt.toISOString(), reversePath, recipient };
  try {
    await api.call({ method: "POST", path: `${pathOf(login)}/imports`, query, message: reading.stream });
  } catch (err) {
    // The file, or the other server, fails first: the request only breaks off.
    throw reading.failure ?? err;
  }
  return reading.digest();
}

async function verify(
  { api, login }: ImportRequest,
  digests: ReadonlyMap<string, Digest | SourceMessage>,
  report: ImportReport,
): Promise<void> {
  if (digests.size === 0) return;
  const { entries } = await api.call<{ readonly entries: readonly DigestEntry[] }>({
    method: "POST",
    path: `${pathOf(login)}/digests`,
    body: { uniqueIds: [...digests.keys()] },
  });
  const stored = new Map(entries.map((entry) => [entry.uniqueId, entry]));
  for (const [uniqueId, expected] of digests) {
    const entry = stored.get(uniqueId);
    // Deleted since an earlier run: nothing is left to compare.
    if (entry === undefined && "open" in expected) continue;
    const digest = "open" in expected ? await digestOf(expected) : expected;
    if (entry?.sha256 === digest.sha256 && entry.octets === digest.octets) {
      report.verified = (report.verified ?? 0) + 1;
    } else {
      const detail = `${digest.octets} octets there, ${entry?.octets ?? "none"} here, and not the same`;
      report.differing.push({ message: uniqueId, detail });
    }
  }
}

async function digestOf(message: SourceMessage): Promise<Digest> {
  const reading = new DigestReading(message.open());
  await finished(reading.stream.resume());
  return reading.digest();
}

/** Reads a message, and knows afterwards what the server must have stored of it. */
class DigestReading {
  readonly stream: Readable;
  /** What the source failed with. */
  failure: unknown;
  readonly #encoder = new WireEncoder();
  readonly #hash = createHash("sha256");

  constructor(source: AsyncIterable<Uint8Array>) {
    this.stream = Readable.from(this.#pass(source), { objectMode: false });
  }

  digest(): Digest {
    for (const slice of this.#encoder.finish()) this.#hash.update(slice);
    return { octets: this.#encoder.octets, sha256: this.#hash.digest("hex") };
  }

  async *#pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of source) {
        for (const slice of this.#encoder.encode(chunk)) this.#hash.update(slice);
        yield chunk;
      }
    } catch (err) {
      this.failure = err;
      throw err;
    }
  }
}

const pathOf = (login: string): string => `/maildrops/${encodeURIComponent(login)}`;

import { Readable } from "node:stream";
import type { SessionEntry, SessionsEntry, SessionsSlice, Slice } from "@poplar/operations";
import { Refusal, type RefusalKind } from "./refusal.ts";

/** A request to the operations API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`; its variable parts percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** JSON. */
  readonly body?: object;
  /** A message, streamed. */
  readonly message?: Readable;
}

/** How much of a list. */
export interface ListOptions {
  readonly limit?: number | undefined;
  readonly query?: ApiRequest["query"];
}

const answerMsMax = 30_000;
const sliceEntries = 1000;

/** The operations API of a server. What fails is thrown as a `Refusal`. */
export class ApiClient {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  /** @returns what the use case answers; `undefined` when it answers nothing. */
  async call<Answer>(request: ApiRequest): Promise<Answer> {
    const { method, path, query = {}, body, message } = request;
    const url = new URL(`${this.url}/v1${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    const init: RequestInit = { method, headers };
    if (message !== undefined) {
      headers["content-type"] = "message/rfc822";
      Object.assign(init, { body: Readable.toWeb(message), duplex: "half" });
    } else {
      init.signal = AbortSignal.timeout(answerMsMax);
    }
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const response = await reach(url, init);
    const text = await response.text();
    if (!response.ok) throw refusalOf(response.status, text);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the use case of this path says
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }

  /** All entries of a list, at most `limit`, however many slices that takes. */
  async list<Entry>(
    path: string,
    { limit = Number.POSITIVE_INFINITY, query = {} }: ListOptions = {},
  ): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    let after: string | undefined;
    do {
      const slice = String(Math.min(sliceEntries, limit - entries.length));
      const answer: Slice<Entry> = await this.call({
        method: "GET",
        path,
        query: { ...query, after, limit: slice },
      });
      entries.push(...answer.entries);
      after = answer.next ?? undefined;
    } while (after !== undefined && entries.length < limit);
    return entries;
  }

  /** All open sessions that are meant, at most `limit`, and the processes that have not said theirs. */
  async listSessions({
    limit = Number.POSITIVE_INFINITY,
    query = {},
  }: ListOptions = {}): Promise<SessionsEntry> {
    const sessions: SessionEntry[] = [];
    const silentNodes = new Set<string>();
    let after: string | undefined;
    do {
      const slice = String(Math.min(sliceEntries, limit - sessions.length));
      const answer: SessionsSlice = await this.call({
        method: "GET",
        path: "/sessions",
        query: { ...query, after, limit: slice },
      });
      sessions.push(...answer.sessions);
      for (const node of answer.silentNodes) silentNodes.add(node);
      after = answer.next ?? undefined;
    } while (after !== undefined && sessions.length < limit);
    return { sessions, silentNodes: [...silentNodes] };
  }
}

/** A request to a server that may not be there. */
export async function reach(url: URL, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (err) {
    throw new Refusal(
      "unreachable",
      "server-unreachable",
      `No server answers at ${url.origin} (${networkReason(err)}).`,
      "Start it with npm start, or say where it is with --api-url or POPLAR_API_URL.",
    );
  }
}

function networkReason(err: unknown): string {
  if (!(err instanceof Error)) return "unknown reason";
  if (err.name === "TimeoutError") return "no answer in time";
  const { cause } = err;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ECONNREFUSED") return "connection refused";
  return typeof code === "string" ? code : err.message;
}

function refusalOf(status: number, text: string): Refusal {
  const { code, detail } = problemIn(text);
  return new Refusal(kindOf(status), code ?? "unexpected-answer", detail ?? `The server answered ${status}.`);
}

function kindOf(status: number): RefusalKind {
  if (status === 401 || status === 403) return "notAllowed";
  return status === 502 || status === 503 || status === 504 ? "unreachable" : "refused";
}

/** What a problem document says; RFC 9457. Something else may listen there. */
function problemIn(text: string): { readonly code?: string; readonly detail?: string } {
  try {
    const problem: unknown = JSON.parse(text);
    if (typeof problem !== "object" || problem === null) return {};
    return {
      ...("code" in problem && typeof problem.code === "string" ? { code: problem.code } : {}),
      ...("detail" in problem && typeof problem.detail === "string" ? { detail: problem.detail } : {}),
    };
  } catch {
    return {};
  }
}

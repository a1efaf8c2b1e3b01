import type { RequestParts, Send } from "./api.ts";

/** Why a request was not done. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** Of HTTP; 0: the server does not answer. */
  readonly status: number;
  /** A stable word, e.g. `not-found`. */
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const root = "/v1";

/** Requests with this token. @param ended is told when the token is worth nothing (any more). */
export function sendWith(token: string, ended: () => void): Send {
  return async <Answer>(method: string, path: readonly string[], parts: RequestParts = {}) => {
    const { query, json, message } = parts;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(json !== undefined && { "content-type": "application/json" }),
      ...(message !== undefined && { "content-type": "message/rfc822" }),
    };
    const url = `${root}/${path.map(encodeURIComponent).join("/")}${queryText(query)}`;
    const body = message ?? (json === undefined ? null : JSON.stringify(json));
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its schemas say so, and tests that
      return (await answerTo(url, { method, headers, body })) as Answer;
    } catch (err) {
      if (err instanceof ApiProblem && err.status === 401) ended();
      throw err;
    }
  };
}

/** A token for the owner of a login. ADR 0018. */
export async function exchangePassword(name: string, password: string, code: string): Promise<unknown> {
  const octets = new TextEncoder().encode(`${name}:${password}`);
  const basic = btoa(String.fromCodePoint(...octets));
  const headers = { authorization: `Basic ${basic}`, ...(code !== "" && { "one-time-code": code }) };
  return answerTo(`${root}/me/token`, { method: "POST", headers });
}

/** Ends the token of an owner before its time; whether that worked changes nothing for who leaves. */
export async function endToken(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await answerTo(`${root}/me/token`, { method: "DELETE", headers }).catch(() => undefined);
}

/** What this process counts, in the text of Prometheus; `undefined` when it cannot be asked. */
export async function metricsText(): Promise<string | undefined> {
  try {
    const response = await fetch("/metrics", { credentials: "omit" });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

async function answerTo(url: string, init: RequestInit): Promise<unknown> {
  // Omitted, so that no browser asks for a password by itself.
  const response = await fetch(url, { ...init, credentials: "omit", redirect: "error" }).catch(() => {
    throw new ApiProblem(
      0,
      "unreachable",
      "The server does not answer. Is it running, and is the network up?",
    );
  });
  const text = await response.text();
  if (response.ok) return text === "" ? undefined : (JSON.parse(text) as unknown);
  const { code, detail } = problemIn(text);
  throw new ApiProblem(response.status, code, detail ?? `The server answers ${response.status}.`);
}

/** RFC 9457 §3. What stands in between may answer with something else. */
function problemIn(text: string): { readonly code: string; readonly detail: string | undefined } {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "code" in body && "detail" in body) {
      return { code: String(body.code), detail: String(body.detail) };
    }
  } catch {
    // No problem document.
  }
  return { code: "unknown", detail: undefined };
}

function queryText(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

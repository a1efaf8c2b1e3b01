import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthenticator, createCredentialMaker, SecretBox } from "@poplar/auth";
import { Deliverer, openSpool } from "@poplar/delivery";
import { serveHttp } from "@poplar/http";
import { createMemoryLeaseStore, createMemorySessionRegistry } from "@poplar/lease";
import { isMeant, type LiveSession, type SessionQuery, type SessionRegistry } from "@poplar/maildrop";
import { knowsDomain, type OperationPorts } from "@poplar/operations";
import { openStorage, type Storage } from "@poplar/storage";
import { deafEvents, silentLog, type TestScope, withPostgres } from "@poplar/storage/testing";
import { createTelemetry } from "@poplar/telemetry";

/** A request to the API. */
export interface Request {
  readonly token?: string | undefined;
  readonly basic?: string;
  readonly json?: unknown;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** The whole API on a real Postgres behind a real socket, with the door of POP. */
export interface AccessLab {
  readonly url: string;
  readonly storage: Storage;
  /** The server's own token. */
  readonly platform: string;
  /** Sessions that are open; kicked ones leave. */
  readonly sessions: LiveSession[];
  readonly registry: SessionRegistry;
  readonly query: (text: string) => Promise<readonly Record<string, unknown>[]>;
  readonly ask: (method: string, path: string, request?: Request) => Promise<Answer>;
}

/** Nodes of a fleet have the same keys. */
const box = new SecretBox([{ keyId: "k1", octets: randomBytes(32) }]);

const cheap = { memoryKib: 64, passes: 1, lanes: 1 };

/** Starts one; it ends with the scope. */
export async function startAccessLab(t: TestScope): Promise<AccessLab> {
  const database = await withPostgres(t);
  const storage = await openStorage({ connection: database.url, log: silentLog, events: deafEvents });
  t.after(() => storage.close());
  const { host, sessions } = sessionHost();
  const registry = createMemorySessionRegistry("here");
  registry.join(host);
  const api = await serveApi(t, { storage, sessions: registry });
  return { ...api, storage, sessions, registry, query: async (text) => database.query(text) };
}

/** The API on a storage and a registry of sessions that are there; it ends with the scope. */
export async function serveApi(
  t: TestScope,
  { storage, sessions }: { readonly storage: Storage; readonly sessions: SessionRegistry },
): Promise<Pick<AccessLab, "url" | "platform" | "ask">> {
  const telemetry = createTelemetry({ level: "silent", isPretty: false, serviceName: "test" });
  const { log, events, metricsText } = telemetry;
  const directory = mkdtempSync(join(tmpdir(), "poplar-access-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const deliverer = new Deliverer({
    store: storage.deliveries,
    events,
    spool: await openSpool({ directory }),
    hostname: "mail.example.test",
    messageOctetsMax: 1024 * 1024,
  });
  const ports = portsOn(storage, { deliverer, sessions });
  const platform = randomBytes(16).toString("hex");
  const http = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    metricsText,
    log,
    events,
    self: {
      app: "test",
      version: "0.1.0",
      startedAt: new Date(),
      dependencies: [],
      listeners: () => [],
      certificates: () => [],
      isDraining: () => false,
    },
    api: {
      token: platform,
      ports,
      answers: storage.answers,
      isPlaintextAllowed: (address) => address === "127.0.0.1",
    },
    clientSetup: {
      services: {
        providerName: undefined,
        popHost: undefined,
        pop3Port: 110,
        pop3sPort: 995,
        submissionHost: undefined,
        submissionPort: 465,
      },
      knowsDomain: (domain) => knowsDomain(ports, domain),
    },
  });
  t.after(() => http.close());
  const ask = async (method: string, path: string, request: Request = {}): Promise<Answer> =>
    send(`${http.url}/v1${path}`, method, request);
  return { url: http.url, platform, ask };
}

function portsOn(storage: Storage, others: Pick<OperationPorts, "deliverer" | "sessions">): OperationPorts {
  const wait = async (): Promise<void> => undefined;
  const { logins: directory, audit } = storage;
  return {
    ...others,
    registry: storage.registry,
    credentials: storage.credentials,
    directory,
    audit,
    keeper: storage.keeper,
    imports: storage.imports,
    tenants: storage.tenants,
    tokens: storage.tokens,
    leases: createMemoryLeaseStore(),
    maker: createCredentialMaker({ box, hashCost: cheap }),
    owners: createAuthenticator({ directory, audit, box, hashCost: cheap, wait }),
    events: { operationDone: () => undefined },
  };
}

async function send(url: string, method: string, request: Request): Promise<Answer> {
  const { token, basic, json, message, headers = {} } = request;
  const type = message !== undefined ? "message/rfc822" : json !== undefined ? "application/json" : undefined;
  const shown = basic === undefined ? `Bearer ${token}` : `Basic ${Buffer.from(basic).toString("base64")}`;
  const body = message ?? (json === undefined ? undefined : JSON.stringify(json));
  const response = await fetch(url, {
    method,
    headers: {
      ...((token ?? basic) !== undefined && { authorization: shown }),
      ...(type !== undefined && { "content-type": type }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const value: unknown = text === "" ? {} : JSON.parse(text);
  assert.ok(typeof value === "object" && value !== null);
  return { status: response.status, headers: response.headers, body: { ...value }, text };
}

function sessionHost() {
  const sessions: LiveSession[] = [];
  const found = (query: SessionQuery): LiveSession[] => sessions.filter((session) => isMeant(session, query));
  return {
    sessions,
    host: {
      findSessions: found,
      endSessions: (query: SessionQuery) => {
        const ended = found(query);
        for (const session of ended) sessions.splice(sessions.indexOf(session), 1);
        return ended;
      },
    },
  };
}

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { apiFiles } from "@poplar/config";
import { Deliverer, openSpool } from "@poplar/delivery";
import { type ClientSetupOptions, type HttpServer, serveHttp } from "@poplar/http";
import { createMemoryLeaseStore, createMemorySessionRegistry } from "@poplar/lease";
import type { CredentialMaker, LeaseStore, SessionRegistry } from "@poplar/maildrop";
import {
  type CertificateEntry,
  type DependencyState,
  knowsDomain,
  type ListenerEntry,
  type OperationPorts,
} from "@poplar/operations";
import { createTelemetry } from "@poplar/telemetry";
import { createMemoryStore, type MemoryStore } from "@poplar/testkit";

/** A server without POP: the operations API on the memory store, over a real socket. */
export interface Lab {
  readonly http: HttpServer;
  readonly store: MemoryStore;
  readonly ports: OperationPorts;
  readonly leases: LeaseStore;
  readonly sessions: SessionRegistry;
  readonly token: string;
  /** With the files that the command line looks for. */
  readonly dataDir: string;
  /** What the log says, a line each. */
  readonly lines: string[];
  /** What the server says about itself; tests change it. */
  readonly self: {
    postgres: DependencyState;
    isDraining: boolean;
    listeners: ListenerEntry[];
    certificates: CertificateEntry[];
    version: string;
  };
}

const fakeMaker: CredentialMaker = {
  canSeal: true,
  ofPassword: (password, { isSharedSecret }) =>
    Promise.resolve({
      passwordVerifier: `hash of ${password}`,
      others: isSharedSecret ? [{ kind: "shared-secret", verifier: `sealed ${password}` }] : [],
    }),
  ofStored: (stored) =>
    stored.startsWith("{NOPE}") ? "unknown scheme" : { passwordVerifier: stored, others: [] },
  newAppPassword: () => ({ password: "abcd-efgh", verifier: "hash of abcdefgh" }),
  enrolTotp: (login) => ({
    secret: "SECRET",
    uri: `otpauth://totp/${login}`,
    credential: { kind: "totp", verifier: "sealed" },
  }),
  reseal: () => "current",
  totpStep: (_, code) => (code === "123456" ? 1 : undefined),
};

const messageOctetsMax = 8 * 1024 * 1024;

const clientSetupOf = (ports: OperationPorts): ClientSetupOptions => ({
  services: {
    providerName: undefined,
    popHost: undefined,
    pop3Port: 110,
    pop3sPort: 995,
    submissionHost: "smtp.example.test",
    submissionPort: 465,
  },
  knowsDomain: (domain) => knowsDomain(ports, domain),
});

const portsOf = (
  store: MemoryStore,
  others: Pick<OperationPorts, "deliverer" | "leases" | "sessions" | "events">,
): OperationPorts => ({
  ...others,
  registry: store.registry,
  directory: store.logins,
  credentials: store.credentials,
  keeper: store.keeper,
  imports: store.imports,
  audit: store.audit,
  tenants: store.tenants,
  tokens: store.tokens,
  owners: { verifyOwner: async () => ({ fault: "bad-credentials" }) },
  maker: fakeMaker,
});

/** Starts one; it ends with the test. */
export async function startLab(t: TestContext, { hasApi = true } = {}): Promise<Lab> {
  const dataDir = mkdtempSync(join(tmpdir(), "poplar-operations-"));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const lines: string[] = [];
  const telemetry = createTelemetry({
    level: "info",
    isPretty: false,
    serviceName: "test",
    destination: { write: (line) => void lines.push(line) },
  });
  t.after(() => telemetry.close());
  const store = createMemoryStore();
  const spool = await openSpool({ directory: join(dataDir, "spool") });
  const deliverer = new Deliverer({
    store: store.deliveries,
    events: telemetry.events,
    spool,
    hostname: "mail.example.test",
    messageOctetsMax,
  });
  const leases = createMemoryLeaseStore();
  const sessions = createMemorySessionRegistry("here");
  const ports = portsOf(store, { deliverer, leases, sessions, events: telemetry.events });
  const self: Lab["self"] = {
    postgres: { isUp: true, detail: "Postgres 18" },
    isDraining: false,
    listeners: [],
    certificates: [],
    version: "0.1.0",
  };
  const token = "a-token-that-only-tests-know";
  const http = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    metricsText: telemetry.metricsText,
    log: telemetry.log,
    events: telemetry.events,
    self: {
      app: "test",
      get version() {
        return self.version;
      },
      startedAt: new Date(),
      dependencies: [{ name: "postgres", check: () => Promise.resolve(self.postgres) }],
      listeners: () => self.listeners,
      certificates: () => self.certificates,
      isDraining: () => self.isDraining,
    },
    ...(hasApi && {
      api: { token, ports, answers: store.answers, isPlaintextAllowed: () => true },
      clientSetup: clientSetupOf(ports),
    }),
  });
  t.after(() => http.close());
  const files = apiFiles(dataDir);
  writeFileSync(files.url, `${http.url}\n`);
  writeFileSync(files.token, `${token}\n`);
  chmodSync(files.token, 0o600);
  return { http, store, ports, leases, sessions, token, dataDir, lines, self };
}

import { setTimeout as delay } from "node:timers/promises";

/** What a dependency says when it is asked how it is. */
export interface DependencyState {
  readonly isUp: boolean;
  /** For operators: its version, or what is wrong. Never a secret. */
  readonly detail: string;
}

/** Something that the server cannot work without. */
export interface DependencyCheck {
  /** e.g. `postgres`. */
  readonly name: string;
  check(): Promise<DependencyState>;
}

/** What a process knows about itself. */
export interface ServerSelf {
  readonly app: string;
  readonly version: string;
  readonly startedAt: Date;
  readonly dependencies: readonly DependencyCheck[];
  /** What listens where, as `name` and `address:port`. */
  listeners(): readonly ListenerEntry[];
  certificates(): readonly CertificateEntry[];
  isDraining(): boolean;
}

/** A listener. */
export interface ListenerEntry {
  readonly name: string;
  readonly address: string;
}

/** A certificate in use. */
export interface CertificateEntry {
  readonly subject: string;
  /** ISO 8601. */
  readonly notAfter: string;
}

/** How a dependency is. */
export interface DependencyEntry extends DependencyState {
  readonly name: string;
}

/** Whether a process may be sent clients, and if not, why. */
export interface Readiness {
  readonly isReady: boolean;
  readonly isDraining: boolean;
  readonly dependencies: readonly DependencyEntry[];
}

/** What an operator who looks for a fault wants to know first. */
export interface ServerReport extends Readiness {
  readonly app: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: string;
  readonly listeners: readonly ListenerEntry[];
  readonly certificates: readonly CertificateEntry[];
}

const checkMsMax = 2000;

/** Asks every dependency at once. One that does not answer within two seconds, or throws, is down. */
export async function checkReadiness(
  self: Pick<ServerSelf, "dependencies" | "isDraining">,
): Promise<Readiness> {
  const dependencies = await Promise.all(self.dependencies.map(stateOf));
  const isDraining = self.isDraining();
  return { isReady: !isDraining && dependencies.every(({ isUp }) => isUp), isDraining, dependencies };
}

/** Everything that `poplar doctor` asks a server. */
export async function reportServer(self: ServerSelf): Promise<ServerReport> {
  return {
    app: self.app,
    version: self.version,
    nodeVersion: process.versions.node,
    startedAt: self.startedAt.toISOString(),
    ...(await checkReadiness(self)),
    listeners: self.listeners(),
    certificates: self.certificates(),
  };
}

async function stateOf(dependency: DependencyCheck): Promise<DependencyEntry> {
  const { name } = dependency;
  const abort = new AbortController();
  const silence = delay(checkMsMax, { isUp: false, detail: "does not answer" }, { signal: abort.signal });
  silence.catch(() => undefined);
  try {
    const { isUp, detail } = await Promise.race([dependency.check(), silence]);
    return { name, isUp, detail };
  } catch (err) {
    const detail = err instanceof Error && "code" in err ? `fails (${String(err.code)})` : "fails";
    return { name, isUp: false, detail };
  } finally {
    abort.abort();
  }
}

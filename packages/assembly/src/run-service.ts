import { answerFlags, type Config, ConfigError, type ConfigRequest, readConfig } from "@poplar/config";
import { createTelemetry, type Telemetry, withTracing } from "@poplar/telemetry";
import { openDataFolder } from "./data-folder.ts";
import type { Service, ServiceParts } from "./service.ts";
import { sentenceOf } from "./startup-error.ts";
import { version } from "./version.ts";
import { superviseWorkers, WorkerFailed } from "./workers/supervise-workers.ts";
import { isWorker, leaveSupervisor, tellSupervisor } from "./workers/worker-link.ts";

const exitCodes = { stopped: 0, failed: 1, misconfigured: 2 } as const;

/**
 * Runs one program from its flags to its end: configuration, telemetry, the service; SIGHUP reloads, SIGTERM
 * and SIGINT drain, a second one of these ends it at once. With several workers, this process supervises
 * them.
 *
 * What is wrong with the configuration or the surroundings is one sentence on standard error, never a stack
 * trace.
 */
export async function runService(
  request: ConfigRequest,
  start: (parts: ServiceParts) => Promise<Service>,
): Promise<void> {
  const answer = answerFlags({ ...request, version });
  if (answer !== undefined) {
    process.stdout.write(answer);
    return;
  }
  try {
    await serve(readConfig(request), start);
  } catch (err) {
    process.exitCode = explain(request.app, err);
  } finally {
    leaveSupervisor();
  }
}

/** Says why it did not start, or failed. @returns the exit code. */
function explain(app: string, err: unknown): number {
  // It has said so itself.
  if (err instanceof WorkerFailed) return err.exitCode;
  process.stderr.write(`poplar ${app}: ${sentenceOf(err) ?? describeBug(err)}\n`);
  return err instanceof ConfigError ? exitCodes.misconfigured : exitCodes.failed;
}

function openTelemetry(config: Config): Promise<Telemetry> {
  const {
    app: serviceName,
    logLevel: level,
    logFormat,
    tracingEndpoint: endpoint,
    tracingOneIn: oneIn,
  } = config;
  const isPretty = logFormat === "pretty" || (logFormat === "auto" && process.stdout.isTTY);
  return withTracing(
    createTelemetry({ level, isPretty, serviceName, version }),
    endpoint === undefined ? undefined : { endpoint, oneIn, serviceName, version },
  );
}

async function serve(config: Config, start: (parts: ServiceParts) => Promise<Service>): Promise<void> {
  const telemetry = await openTelemetry(config);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => telemetry.close());
  const stopAsked = untilStopAsked(config.app);
  const stop = new AbortController();
  void stopAsked.then(() => stop.abort());
  const stopping = stop.signal;
  let reload = (): void => undefined;
  // From the start on: what renews certificates must not end a process that still waits for Postgres.
  process.on("SIGHUP", () => reload());
  await openDataFolder(config.dataDir);
  const isSupervisor = config.workers > 1 && !isWorker();
  const service = await (isSupervisor ? superviseWorkers : start)({
    config,
    telemetry,
    opened,
    stopping,
  }).catch((err: unknown) => {
    if (stopping.aborted) return undefined;
    throw err;
  });
  if (service === undefined) return;
  reload = () => void service.reload();
  tellSupervisor({ isUp: true });
  await stopAsked;
  const sessionsCut = await service.drain(config.drainSeconds * 1000);
  tellSupervisor({ sessionsCut });
  telemetry.events.stopped({ sessionsCut });
}

/**
 * npm passes on the signal that the terminal has sent already: what comes so soon after the first is no
 * second wish.
 */
const echoMs = 1000;

const impatience =
  "Ended at once, as a second signal asked: open sessions were cut off, and what they had marked is not deleted.";

/**
 * Resolves at the first SIGTERM or SIGINT. Whoever sends another one has lost patience: the process ends at
 * once.
 */
function untilStopAsked(app: string): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined;
    const ask = (): void => {
      if (askedMs !== undefined && performance.now() - askedMs > echoMs) {
        if (!isWorker()) process.stderr.write(`poplar ${app}: ${impatience}\n`);
        process.exit(exitCodes.failed);
      }
      askedMs ??= performance.now();
      resolve();
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
  });
}

/** A bug: the words of the error and where it came from, on one line. */
function describeBug(err: unknown): string {
  const text = err instanceof Error ? (err.stack ?? err.message) : String(err);
  return `unexpected error: ${text
    .split("\n")
    .slice(0, 2)
    .map((line) => line.trim())
    .join(" ")}`;
}

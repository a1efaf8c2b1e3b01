import { once } from "node:events";
import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { type ConnectionEvents, ListenError, type ServiceEvents } from "@poplar/telemetry";
import type { Deliverer } from "./deliverer.ts";
import { addressOf, type LmtpEndpoint } from "./lmtp-endpoint.ts";
import { type LmtpLimits, LmtpListener } from "./lmtp-listener.ts";

/** What an LMTP server is made from. */
export interface LmtpOptions {
  readonly endpoint: LmtpEndpoint;
  readonly deliverer: Deliverer;
  /** What differs from 200 connections, 100 of them per address, 1,000 recipients and five minutes. */
  readonly limits?: Partial<LmtpLimits>;
  readonly events: Pick<ConnectionEvents, "connectionRefused"> &
    Pick<ServiceEvents, "listening" | "draining">;
}

/** Takes mail in until it is drained or closed. */
export interface LmtpServer {
  /** With the port that it got. */
  readonly endpoint: LmtpEndpoint;
  /** The same as logs have it. */
  readonly address: string;
  /** Connections now. */
  readonly sessions: number;
  /**
   * Stops listening, sends idle clients away, and lets transactions end for so many milliseconds. Then they
   * are cut off: what had no reply yet, the client will send again.
   */
  drain(limitMs: number): Promise<{ readonly sessionsCut: number }>;
  /** Drains without patience. */
  close(): Promise<void>;
}

/** Begins to listen. @throws ListenError */
export async function serveLmtp(options: LmtpOptions): Promise<LmtpServer> {
  const { deliverer, events } = options;
  const limits = {
    connectionsMax: 200,
    connectionsPerAddressMax: 100,
    recipientsMax: 1000,
    idleMsMax: 5 * 60 * 1000,
    ...options.limits,
  };
  const listener = new LmtpListener({
    deliverer,
    limits,
    onRefused: (address, reason) => events.connectionRefused({ listener: "lmtp", address, reason }),
  });
  const endpoint = await listen(listener, options.endpoint).catch((err: unknown) => {
    throw new ListenError("lmtp", addressOf(options.endpoint), err);
  });
  const address = addressOf(endpoint);
  events.listening({ listener: "lmtp", address });
  return {
    endpoint,
    address,
    get sessions() {
      return listener.connections.size;
    },
    async drain(limitMs) {
      events.draining({
        protocol: "lmtp",
        sessions: listener.connections.size,
        limitSeconds: limitMs / 1000,
      });
      return { sessionsCut: await listener.drain(limitMs) };
    },
    async close() {
      await listener.drain(0);
    },
  };
}

/** @returns the endpoint with the port that was taken. */
async function listen(listener: LmtpListener, endpoint: LmtpEndpoint): Promise<LmtpEndpoint> {
  if ("path" in endpoint) {
    // Binding would speak of permissions when it means that there is no directory.
    await lstat(dirname(endpoint.path));
    await removeStaleSocket(endpoint.path);
  }
  listener.listen(endpoint);
  await once(listener.server, "listening");
  if ("path" in endpoint) {
    await chmod(endpoint.path, endpoint.mode ?? 0o660);
    return endpoint;
  }
  const bound = listener.server.address();
  return typeof bound === "object" && bound !== null ? { host: bound.address, port: bound.port } : endpoint;
}

/** A server that was killed leaves its socket behind, and nobody could listen there again. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return;
  const probe = connect(path);
  try {
    await once(probe, "connect");
  } catch {
    await rm(path, { force: true });
  } finally {
    probe.destroy();
  }
}

import type { ConnectionEvents, DeliveryEvents, Events, PopEvents, ServiceEvents } from "./events.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** Turns events into log lines and counts. `event` is the stable name to search for. */
export function createEvents(log: Log, metrics: Metrics): Events {
  return {
    ...popEvents(log, metrics),
    proofJudged: (mechanism, outcome) => metrics.authProofs.inc({ mechanism, outcome }),
    ...connectionEvents(log, metrics),
    ...deliveryEvents(log, metrics),
    ...serviceEvents(log, metrics),
  };
}

function popEvents(log: Log, metrics: Metrics): PopEvents {
  return {
    sessionStarted: (listener) => metrics.popSessions.inc({ listener }),
    sessionEnded(summary) {
      metrics.popSessions.dec({ listener: summary.listener });
      metrics.popSessionsTotal.inc({ listener: summary.listener, reason: summary.endReason });
      metrics.popMessagesDeleted.add(summary.messagesDeleted);
      log.info({ event: "session-ended", ...summary }, `${summary.login ?? "nobody"}: ${summary.endReason}`);
    },
    commandDone: (verb, seconds) => metrics.popCommandDuration.observe(verb, seconds),
    messageRetrieved: () => metrics.popMessagesRetrieved.add(1),
    octetsSent: (octets) => metrics.popOctetsSent.add(octets),
    loginAccepted: (mechanism) => metrics.popLogins.inc({ mechanism, outcome: "accepted" }),
    loginRefused(event) {
      metrics.popLogins.inc({ mechanism: event.mechanism, outcome: event.reason });
      log.warn({ event: "login-refused", ...event }, `login refused: ${event.reason}`);
    },
    commandRefused(event) {
      metrics.popRefusals.inc({ reason: event.reason });
      const level = event.cause === undefined ? "debug" : "error";
      log[level]({ event: "command-refused", ...event }, `${event.verb} refused: ${event.reason}`);
    },
  };
}

function connectionEvents(log: Log, metrics: Metrics): ConnectionEvents {
  return {
    connectionRefused(event) {
      metrics.connectionsRefused.inc({ listener: event.listener, reason: event.reason });
      log.warn({ event: "connection-refused", ...event }, `connection refused: ${event.reason}`);
    },
    tlsHandshake(event) {
      metrics.tlsHandshakes.inc({ outcome: event.outcome, version: event.version ?? "none" });
      log.debug({ event: "tls-handshake", ...event }, `TLS handshake: ${event.outcome}`);
    },
  };
}

function deliveryEvents(log: Log, metrics: Metrics): DeliveryEvents {
  return {
    deliveryAccepted(event) {
      metrics.lmtpDeliveries.inc({ outcome: "accepted" });
      metrics.lmtpDeliveryDuration.observe("accepted", event.durationMs / 1000);
      metrics.lmtpOctetsReceived.add(event.octets);
      log.info({ event: "delivery-accepted", ...event }, `delivered to ${event.recipient}`);
    },
    deliveryRefused(event) {
      metrics.lmtpDeliveries.inc({ outcome: event.reason });
      metrics.lmtpDeliveryDuration.observe(event.reason, event.durationMs / 1000);
      const level = event.cause === undefined ? "warn" : "error";
      log[level](
        { event: "delivery-refused", ...event },
        `not delivered to ${event.recipient}: ${event.reason}`,
      );
    },
  };
}

function serviceEvents(log: Log, metrics: Metrics): ServiceEvents {
  return {
    listening: (event) =>
      log.info({ event: "listening", ...event }, `${event.listener} listens on ${event.address}`),
    certificateReloaded(event) {
      metrics.certificateNotAfter.set(event.notAfter.getTime() / 1000);
      const notAfter = event.notAfter.toISOString();
      const isOver = event.notAfter.getTime() < Date.now();
      const advice = isOver
        ? `; it expired on ${notAfter.slice(0, 10)}, and clients refuse it: put a new one in its place`
        : "";
      log[isOver ? "error" : "info"](
        { event: "certificate-reloaded", ...event, notAfter },
        `certificate in use: ${event.subject}${advice}`,
      );
    },
    certificateRefused: (event) =>
      log.error(
        { event: "certificate-refused", ...event },
        `${event.cause instanceof Error ? event.cause.message : event.file}; the old one stays in use`,
      ),
    dependencyDown(event) {
      metrics.dependencyUp.set({ dependency: event.dependency }, 0);
      log.error({ event: "dependency-down", ...event }, `${event.dependency} is down`);
    },
    dependencyUp(dependency) {
      metrics.dependencyUp.set({ dependency }, 1);
      log.info({ event: "dependency-up", dependency }, `${dependency} is up`);
    },
    draining: (event) =>
      log.info(
        { event: "draining", ...event },
        `draining ${event.protocol}, open sessions: ${event.sessions}, for ${event.limitSeconds} s at most`,
      ),
    ready: () => log.info({ event: "ready" }, "ready"),
    stopped: (event) => log.info({ event: "stopped", ...event }, "stopped"),
    operationDone(event) {
      metrics.operations.inc({ operation: event.operation, outcome: event.outcome });
      log.info({ event: "operation", ...event }, `${event.operation} ${event.subject}: ${event.outcome}`);
    },
  };
}

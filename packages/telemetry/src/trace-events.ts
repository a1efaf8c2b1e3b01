import {
  type Attributes,
  ROOT_CONTEXT,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { DeliveryOutcome, Events, SessionSummary } from "./events.ts";

/** Something that took a while within a session. Times are milliseconds of the epoch. */
interface Step {
  readonly name: string;
  readonly verb: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly refusal: string | undefined;
}

/** What is known of a session that goes on. */
interface OpenTrace {
  readonly steps: Step[];
  stepsDropped: number;
  /** The -ERR that the command under way has had. */
  refusal: string | undefined;
}

/** The commands that do work, and what that work is called. All others are answered from memory. */
const stepNames: ReadonlyMap<string, string> = new Map([
  ["PASS", "login"],
  ["APOP", "login"],
  ["AUTH", "login"],
  ["RETR", "message transfer"],
  ["TOP", "message transfer"],
  ["QUIT", "update"],
]);

/** In one session, and sessions at a time: what is more leaves no trace. */
const stepsMax = 128;
const openTracesMax = 20_000;

/** Refusals that are not the client's doing. */
const ownFaults: ReadonlySet<string> = new Set([
  "internal",
  "storage-down",
  "lease-store-down",
  "lease-lost",
  "not-removed",
  "internal-error",
  "spool-full",
  "spool-failed",
]);

/**
 * The same events, which also become spans. A session's spans are made when it ends: none is ever left open.
 */
export function traceEvents(events: Events, tracer: Tracer, oneIn: number): Events {
  const open = new Map<string, OpenTrace>();
  const isTraced = (sessionId: string): boolean => oneIn === 1 || hashOf(sessionId) % oneIn === 0;

  function traceOf(sessionId: string): OpenTrace | undefined {
    const known = open.get(sessionId);
    if (known !== undefined || open.size >= openTracesMax || !isTraced(sessionId)) return known;
    const fresh: OpenTrace = { steps: [], stepsDropped: 0, refusal: undefined };
    open.set(sessionId, fresh);
    return fresh;
  }

  function noteCommand(verb: string, seconds: number, sessionId: string): void {
    const traced = traceOf(sessionId);
    if (traced === undefined) return;
    const { refusal } = traced;
    traced.refusal = undefined;
    const name = stepNames.get(verb);
    if (name === undefined) return;
    if (traced.steps.length >= stepsMax) {
      traced.stepsDropped += 1;
      return;
    }
    const endMs = Date.now();
    traced.steps.push({ name, verb, startMs: endMs - seconds * 1000, endMs, refusal });
  }

  function traceDelivery(outcome: DeliveryOutcome, reason: string): void {
    if (isTraced(outcome.sessionId)) spanOfDelivery(tracer, outcome, reason);
  }

  return {
    ...events,
    commandDone(verb, seconds, sessionId) {
      events.commandDone(verb, seconds, sessionId);
      noteCommand(verb, seconds, sessionId);
    },
    commandRefused(event) {
      events.commandRefused(event);
      const traced = traceOf(event.sessionId);
      if (traced !== undefined) traced.refusal = event.reason;
    },
    sessionEnded(summary) {
      events.sessionEnded(summary);
      const traced = traceOf(summary.sessionId);
      open.delete(summary.sessionId);
      if (traced !== undefined) spansOfSession(tracer, summary, traced);
    },
    deliveryAccepted(event) {
      events.deliveryAccepted(event);
      traceDelivery(event, "accepted");
    },
    deliveryRefused(event) {
      events.deliveryRefused(event);
      traceDelivery(event, event.reason);
    },
  };
}

function spansOfSession(tracer: Tracer, summary: SessionSummary, { steps, stepsDropped }: OpenTrace): void {
  const endMs = Date.now();
  const startMs = Math.min(endMs - summary.durationMs, ...steps.map((step) => step.startMs));
  const session = tracer.startSpan("pop session", {
    ...spanOf(startMs, {
      "poplar.session.id": summary.sessionId,
      "poplar.listener": summary.listener,
      "poplar.mechanism": summary.mechanism,
      "poplar.tls.version": summary.tlsVersion,
      "poplar.commands": summary.commands,
      "poplar.messages.retrieved": summary.messagesRetrieved,
      "poplar.messages.deleted": summary.messagesDeleted,
      "poplar.octets.sent": summary.octetsSent,
      "poplar.end.reason": summary.endReason,
      "poplar.refusal": summary.lastRefusal,
      "poplar.steps.dropped": stepsDropped,
    }),
    kind: SpanKind.SERVER,
  });
  const within = trace.setSpan(ROOT_CONTEXT, session);
  for (const step of steps) {
    const attributes = { "poplar.verb": step.verb, "poplar.refusal": step.refusal };
    const span = tracer.startSpan(`pop ${step.name}`, spanOf(step.startMs, attributes), within);
    if (isOwnFault(step.refusal)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(step.endMs);
  }
  if (isOwnFault(summary.lastRefusal)) session.setStatus({ code: SpanStatusCode.ERROR });
  session.end(endMs);
}

function spanOfDelivery(tracer: Tracer, outcome: DeliveryOutcome, reason: string): void {
  const endMs = Date.now();
  const span = tracer.startSpan("lmtp delivery", {
    ...spanOf(endMs - outcome.durationMs, {
      "poplar.session.id": outcome.sessionId,
      "poplar.octets": outcome.octets,
      "poplar.outcome": reason,
    }),
    kind: SpanKind.SERVER,
  });
  if (isOwnFault(reason)) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
}

/** What is not known is left out. */
const spanOf = (startTime: number, attributes: Attributes): SpanOptions => ({
  startTime,
  attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
});

const isOwnFault = (reason: string | undefined): boolean => reason !== undefined && ownFaults.has(reason);

/** FNV-1a: whether a session is traced follows from its id, so that all of it is or nothing. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

import { type Logger, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { redactUrls, withoutSecrets } from "./redact.ts";
import { terminalLine } from "./terminal-line.ts";

/**
 * A structured log. Never give it mail content; what looks like a secret is blotted out.
 * It has no children: pino would let their bindings past that.
 */
export type Log = Pick<
  Logger,
  "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "level" | "isLevelEnabled" | "flush"
>;

/** Where lines go, each with its line feed. */
export interface LogDestination {
  write(line: string): void;
  /** Calls back when all that was written before has left the process. */
  flush?(done: (error?: Error) => void): void;
}

/** What a log is made from. */
export interface LogOptions {
  /** `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`. */
  readonly level: string;
  /** Lines for people instead of JSON. */
  readonly isPretty: boolean;
  /** The program that speaks, e.g. `pop3`. */
  readonly serviceName: string;
  /** Standard output when absent. */
  readonly destination?: LogDestination;
}

/** Lines kept while the reader of standard output stalls; what is more is dropped, for mail must go on. */
const bufferedOctetsMax = 16 * 1024 * 1024;

/** How long a flush waits for a reader that stalls. */
const flushMsMax = 2000;

/** Opens the log. */
export function createLog(options: LogOptions): Log {
  const destination = options.destination ?? openStandardOutput(options);
  return pino(
    {
      level: options.level,
      base: { service: options.serviceName },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
      // An error is plain by then; pino's own serializer would take it for one of a class named Object.
      serializers: { err: (plain: unknown) => plain },
      // Last, so that it also sees the message and the stacks.
      hooks: { streamWrite: redactUrls },
    },
    options.isPretty ? prettyPrinted(destination) : destination,
  );
}

/** How long a line waits for others, so that a session does not cost a write of its own. */
const gatheringMs = 20;

/** Lines for people are shown at once. */
const gatheredOctets = ({ isPretty }: Pick<LogOptions, "isPretty">): number => (isPretty ? 1 : 8192);

/**
 * A log that cannot be written, on a full disk say, is no reason to stop serving mail; nor to go on when the
 * process is asked to stop: what would write out the rest at the end tries again for ever while there is no
 * room.
 */
function keepWhenFull(output: ReturnType<typeof pino.destination>): void {
  let isWritable = true;
  output.on("error", () => {
    isWritable = false;
  });
  output.on("write", () => {
    isWritable = true;
  });
  const flushSync = output.flushSync.bind(output);
  output.flushSync = () => {
    if (isWritable) flushSync();
  };
}

/** Standard output, written behind the event loop's back. */
function openStandardOutput(options: LogOptions): LogDestination {
  // With a `minLength` of 0 its flush would not wait for the write under way.
  const output = pino.destination({
    dest: 1,
    sync: false,
    minLength: gatheredOctets(options),
    maxLength: bufferedOctetsMax,
  });
  keepWhenFull(output);
  let flushing: NodeJS.Timeout | undefined;
  return {
    write(line) {
      output.write(line);
      flushing ??= setTimeout(() => {
        flushing = undefined;
        output.flush();
      }, gatheringMs).unref();
    },
    flush(done) {
      const timer = setTimeout(done, flushMsMax);
      output.flush((error) => {
        clearTimeout(timer);
        done(error);
      });
    },
  };
}

function prettyPrinted(destination: LogDestination): LogDestination {
  const pretty = prettyFactory({
    ignore: "pid,hostname,service,event",
    translateTime: "SYS:HH:MM:ss.l",
    // They would be printed with all their fields before anybody is asked how.
    errorLikeObjectKeys: [],
    customPrettifiers: { err: errorText, cause: errorText },
  });
  return {
    write: (line) => destination.write(pretty(terminalLine(line))),
    flush: (done) => (destination.flush === undefined ? done() : destination.flush(done)),
  };
}

/** An error for people: a line, and its stack where it has one. */
function errorText(plain: unknown): string {
  if (typeof plain !== "object" || plain === null || !("message" in plain)) return String(plain);
  const code = "code" in plain ? ` (${String(plain.code)})` : "";
  const said = "stack" in plain ? String(plain.stack) : `${String(plain.message)}${code}`;
  // What strangers say must not steer the terminal.
  const text = said.replaceAll(/[^\P{Cc}\n]/gu, "\u{fffd}");
  return "cause" in plain ? `${text}\n    caused by: ${errorText(plain.cause)}` : text;
}

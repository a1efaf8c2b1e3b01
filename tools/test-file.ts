import { finished } from "node:stream/promises";
import { type EventData, run } from "node:test";
import { inspect } from "node:util";

/** What became of one test file. */
export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** Tests that did not run, each with its reason. */
  readonly skipped: readonly string[];
  /** Each failure in full. */
  readonly failures: readonly string[];
  /** What the file wrote; worth a look when it failed. */
  readonly output: string;
}

/**
 * Runs one test file in a process of its own, from the sources.
 *
 * A file that is still running at its time limit, be it that a test hangs or that something keeps the event
 * loop alive after the last one, is ended and has failed. A test that is skipped without a reason has failed,
 * too.
 */
export async function runTestFile(file: string, timeoutSeconds: number): Promise<FileReport> {
  const startedAt = performance.now();
  const failures: string[] = [];
  const skipped: string[] = [];
  let output = "";
  let passed = 0;
  const events = run({
    files: [file],
    execArgv: ["--conditions=@poplar/source"],
    timeout: timeoutSeconds * 1_000,
    // Grace, so that a test that hangs is named by its own time limit.
    signal: AbortSignal.timeout((timeoutSeconds + 5) * 1_000),
  });
  events.on("test:fail", (data) => {
    if (!isEchoOfSubtests(data)) failures.push(failureText(data));
  });
  events.on("test:pass", (data) => {
    skipped.push(...skipText(data, failures));
  });
  events.on("test:stdout", ({ message }) => (output += message));
  events.on("test:stderr", ({ message }) => (output += message));
  events.on("test:summary", ({ file: of, counts }) => {
    if (of === undefined) passed = counts.passed;
  });
  await finished(events.resume());
  const seconds = (performance.now() - startedAt) / 1_000;
  return { passed, failed: failures.length, seconds, skipped, failures, output };
}

/** A parent that failed only because a child did: the child has said it. */
function isEchoOfSubtests({ details, todo }: EventData.TestFail): boolean {
  const { error } = details;
  return (
    (todo !== undefined && todo !== false) ||
    ("failureType" in error && error.failureType === "subtestsFailed")
  );
}

function failureText({ name, line, file, details }: EventData.TestFail): string {
  const { error } = details;
  const aborted = "failureType" in error && error.failureType === "testAborted";
  if (aborted) return `${name}\n  still running at its time limit: a test, or something that it left open`;
  return `${name} (${file ?? "?"}:${String(line ?? 0)})\n${inspect(error.cause ?? error, { depth: 6 })}`;
}

function skipText({ name, skip, todo }: EventData.TestPass, failures: string[]): readonly string[] {
  const mark = skip ?? todo;
  if (mark === undefined || mark === false) return [];
  if (typeof mark === "string" && mark !== "") return [`${name}: ${mark}`];
  failures.push(`${name}\n  skipped without a reason`);
  return [];
}

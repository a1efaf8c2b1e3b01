const censored = "[redacted]";

/** Keys that hold secrets, alone or at the end of a longer name such as `postgresPassword`. */
const secretKey =
  /(?:pass(?:word|wd|phrase)|secret|token|verifier|authorization|credentials?|private_?key)$/i;

/** Deeper than any event; also ends circles. */
const depthMax = 6;

/**
 * A password in a URL, inside one line of JSON. It may hold what it should not, such as an `@`, so this goes
 * on to the last one before a space or a quote: rather too much than too little. Bounded, for strangers write
 * to the log too.
 */
const urlPassword = /([a-z][a-z0-9+.-]{0,31}:\/\/[^\s:@/"\\]{0,255}):[^\s"\\]{0,1024}@/gi;

/** Blots out the passwords in all URLs of a line. */
export function redactUrls(line: string): string {
  return line.includes("://") ? line.replace(urlPassword, `$1:${censored}@`) : line;
}

/** A copy fit for the log: no value under the key of a secret, no octets, errors as plain objects. */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  return plainFields(fields, 0);
}

function plainFields(fields: object, depth: number): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    plain[key] = isSecretKey(key) && value !== undefined ? censored : plainValue(value, depth + 1);
  }
  return plain;
}

/** The code names nearly all keys, in each line the same ones; what strangers could add is bounded. */
const judgedKeysMax = 1000;
const judgedKeys = new Map<string, boolean>();

function isSecretKey(key: string): boolean {
  const judged = judgedKeys.get(key);
  if (judged !== undefined) return judged;
  const isSecret = secretKey.test(key);
  if (judgedKeys.size < judgedKeysMax) judgedKeys.set(key, isSecret);
  return isSecret;
}

function plainValue(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > depthMax) return "[deeper]";
  if (value instanceof Error) return plainError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} octets]`;
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1));
  // Such as Date and URL.
  if ("toJSON" in value) return value;
  return plainFields(value, depth);
}

/** Only what is known to be harmless: drivers hang statements, parameters and options on their errors. */
function plainError(error: Error, depth: number): Record<string, unknown> {
  const plain: Record<string, unknown> = { type: error.name, message: error.message };
  if ("code" in error) plain["code"] = error.code;
  const { cause } = error;
  // What happens to every server, such as a database that is away, is said in a word. A stack is for bugs.
  if (isForeseen(error)) {
    const isRepeated = cause instanceof Error && cause.message === error.message;
    if (cause !== undefined && !isRepeated) plain["cause"] = plainValue(cause, depth + 1);
    return plain;
  }
  plain["stack"] = error.stack;
  if (cause !== undefined) plain["cause"] = plainValue(cause, depth + 1);
  if (error instanceof AggregateError) plain["errors"] = plainValue(error.errors, depth + 1);
  return plain;
}

/** An error of the system, such as `ECONNREFUSED`, or one that says of itself that it was to be expected. */
function isForeseen(error: Error): boolean {
  if ("isForeseen" in error) return error.isForeseen === true;
  return "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);
}

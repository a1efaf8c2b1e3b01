/** Why a program could not start, for the operator as it is: what is wrong, where, what to do. */
export class StartupError extends Error {
  override readonly name = "StartupError";

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/** The sentence behind an error that a room threw on purpose; `undefined` for a bug. */
export function sentenceOf(err: unknown): string | undefined {
  if (!(err instanceof Error)) return undefined;
  return operatorErrors.has(err.name) ? err.message : undefined;
}

/** Classes whose message is written for operators, by name: each room has its own. */
const operatorErrors: ReadonlySet<string> = new Set([
  "StartupError",
  "ConfigError",
  "ListenError",
  "CertificateError",
  "KerberosUnavailable",
  "StorageError",
  "EmbeddedPostgresError",
]);

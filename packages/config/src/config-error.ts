/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The flag, variable, or file, line and key. */
  readonly where: string;
  /** A sentence: what is wrong. Never a secret. */
  readonly what: string;
  /** A sentence: what to do. */
  readonly remedy: string;
}

/** Everything that is wrong with the configuration. The message is for the operator, as it is. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "config-invalid";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ where, what, remedy }) => `${where}: ${what} ${remedy}`);
    super(
      lines.length === 1
        ? `The configuration has a problem. ${lines.join("")}`
        : [`The configuration has ${lines.length} problems:`, ...lines.map((line) => `  ${line}`)].join("\n"),
    );
    this.problems = Object.freeze([...problems]);
  }
}

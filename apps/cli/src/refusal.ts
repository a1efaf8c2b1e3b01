/** What scripts can tell from the exit code. Public: documented in the help. */
export const exitCodes: {
  readonly done: 0;
  readonly refused: 1;
  readonly usage: 2;
  readonly unreachable: 3;
  readonly notAllowed: 4;
} = {
  done: 0,
  /** The server was asked and did not do it, or a check found something wrong. */
  refused: 1,
  /** The command, a flag or the configuration is wrong. */
  usage: 2,
  /** The server, or what it depends on, does not answer. Trying again later may help. */
  unreachable: 3,
  /** The API token is missing or wrong. */
  notAllowed: 4,
};

/** One of `exitCodes`, by name. */
export type RefusalKind = Exclude<keyof typeof exitCodes, "done">;

/** Ends the command with a sentence for the operator. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;
  /** A stable word, for scripts. */
  readonly code: string;
  /** What stands in the way, without what to do about it. */
  readonly what: string;
  /** What to do about it, where that is known. */
  readonly advice: string | undefined;

  constructor(kind: RefusalKind, code: string, what: string, advice?: string) {
    super(advice === undefined ? what : `${what} ${advice}`);
    this.kind = kind;
    this.code = code;
    this.what = what;
    this.advice = advice;
  }
}

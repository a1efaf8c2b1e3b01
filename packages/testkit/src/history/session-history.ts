import type { ListedMessage, Operation } from "./operation.ts";

/** Operations of one kind. */
export type OperationOf<Kind extends Operation["do"]> = Extract<Operation, { readonly do: Kind }>;

/** A session that opened its maildrop and was shown what is in it. */
export interface SessionHistory {
  readonly session: string;
  readonly login: OperationOf<"login">;
  readonly lists: readonly OperationOf<"list">[];
  /** What the first listing says, by message number. */
  readonly listing: ReadonlyMap<number, ListedMessage>;
  /** The same, as a set. */
  readonly uniqueIds: ReadonlySet<string>;
  readonly retrieves: readonly OperationOf<"retrieve">[];
  /**
   * Unique-ids of the messages that QUIT shall remove; which of them it heard of is open when a DELE had no
   * answer.
   */
  readonly marked: ReadonlySet<string>;
  readonly hasUncertainMark: boolean;
  readonly quit: OperationOf<"quit"> | undefined;
  /** When the client began to leave: before that it held the maildrop, if its server let it. */
  readonly leftFrom: number;
}

/** Puts the operations of each session together; those that did not get as far as a listing are left out. */
export function sessionsOf(operations: readonly Operation[]): readonly SessionHistory[] {
  const bySession = Map.groupBy(
    operations.filter((operation) => operation.do !== "deliver"),
    ({ session }) => session,
  );
  return [...bySession].flatMap(([session, own]) => {
    const history = sessionOf(session, own);
    return history === undefined ? [] : [history];
  });
}

function sessionOf(session: string, operations: readonly Operation[]): SessionHistory | undefined {
  const login = operations.find((each) => each.do === "login");
  const lists = operations.filter((each) => each.do === "list");
  const [first] = lists;
  if (login?.outcome !== "acknowledged" || first === undefined) return undefined;
  const listing = new Map(first.messages.map((message) => [message.number, message]));
  const quit = operations.find((each) => each.do === "quit");
  const marks = operations
    .filter((each) => each.do === "mark")
    .filter(({ outcome }) => outcome !== "refused");
  const end = operations.find((each) => each.do === "quit" || each.do === "drop");
  return {
    session,
    login,
    lists,
    listing,
    uniqueIds: new Set(first.messages.map(({ uniqueId }) => uniqueId)),
    retrieves: operations.filter((each) => each.do === "retrieve"),
    marked: new Set(marks.map(({ number }) => listing.get(number)?.uniqueId ?? "")),
    hasUncertainMark: marks.some(({ outcome }) => outcome === "unknown"),
    quit,
    leftFrom: end?.from ?? Infinity,
  };
}

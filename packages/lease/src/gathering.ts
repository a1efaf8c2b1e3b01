import { type FleetSession, type FleetSessions, firstInOrder } from "@poplar/maildrop";

/** What one process answers to one question; a long answer comes in several parts. */
export interface AnswerPart {
  readonly question: string;
  /** Instance id. */
  readonly from: string;
  readonly sessions: readonly FleetSession[];
  readonly isLast: boolean;
}

/** The answers to one question, as they come in. */
export class Gathering {
  readonly #sessions: FleetSession[] = [];
  readonly #answered = new Set<string>();
  /** Names by instance id, once it is known who was asked. */
  #asked: ReadonlyMap<string, string> | undefined;
  #isComplete = (): void => undefined;
  /** Resolves when everybody has answered. */
  readonly complete: Promise<void> = new Promise((resolve) => {
    this.#isComplete = resolve;
  });

  /** Says who was asked. Answers may have come before. */
  expect(asked: ReadonlyMap<string, string>): void {
    this.#asked = asked;
    this.#look();
  }

  add({ from, sessions, isLast }: AnswerPart): void {
    this.#sessions.push(...sessions);
    if (isLast) this.#answered.add(from);
    this.#look();
  }

  /** What has come so far; all of it when no limit is given. */
  result(limit: number = Number.POSITIVE_INFINITY): FleetSessions {
    const silent = [...(this.#asked ?? [])].filter(([id]) => !this.#answered.has(id));
    return {
      sessions: firstInOrder(this.#sessions, limit),
      silentNodes: silent.map(([, name]) => name),
    };
  }

  #look(): void {
    const asked = this.#asked;
    if (asked !== undefined && [...asked.keys()].every((id) => this.#answered.has(id))) this.#isComplete();
  }
}

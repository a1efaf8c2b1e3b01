import type { Act, ListedMessage, Operation, Outcome } from "./operation.ts";

/** What a simulated maildrop does wrong. */
export type Flaw =
  | "loses-deliveries"
  | "stores-refused"
  | "stores-twice"
  | "mangles"
  | "deletes-on-drop"
  | "answers-before-commit"
  | "tears-deletions"
  | "has-no-fence"
  | "overlooks-missing"
  | "has-no-lease"
  | "reuses-unique-ids"
  | "brings-back"
  | "mixes-contents"
  | "changes-octets"
  | "renumbers";

/** One thing that one of the clients does, or that fails. What makes no sense at that moment is left out. */
export interface SimulatedStep {
  readonly client: number;
  readonly act: "deliver" | "login" | "list" | "retrieve" | "mark" | "quit" | "drop" | "lose-lease";
  /** Which message, of those that are there. */
  readonly pick: number;
  /** Whether the answer gets lost; and if it does, whether the request did not. */
  readonly isAnswerLost: boolean;
  readonly isDone: boolean;
  /** How long before and after its effect the client began and ended. */
  readonly slack: readonly [before: number, after: number];
}

interface StoredMessage extends Omit<ListedMessage, "number"> {
  readonly content: string;
}

interface OpenSession {
  readonly name: string;
  readonly epoch: number;
  readonly listing: readonly StoredMessage[];
  readonly marked: Set<number>;
}

/** Time between the effects of two steps. */
const stepTime = 10;

/**
 * A maildrop behind a lease and a fence, as plain as can be, that plays a schedule and writes the history of
 * it. With a flaw it writes one that the checker must not accept.
 */
export class SimulatedMaildrop {
  readonly operations: Operation[] = [];
  readonly #flaw: Flaw | undefined;
  readonly #sessions = new Map<number, OpenSession>();
  /** Until when a client is waiting for an answer. */
  readonly #busyUntil = new Map<number, number>();
  #messages: readonly StoredMessage[] = [];
  #removed: StoredMessage | undefined;
  #holder: number | undefined;
  #epoch = 0;
  #nextUid = 1;
  #names = 0;
  #now = 0;

  constructor(flaw?: Flaw) {
    this.#flaw = flaw;
  }

  /** Plays the steps; then somebody reads all that is left. */
  play(steps: readonly SimulatedStep[]): readonly Operation[] {
    for (const step of steps) {
      this.#now += stepTime;
      if ((this.#busyUntil.get(step.client) ?? 0) <= this.#now) this.#step(step);
    }
    const calm = { client: -1, pick: 0, isAnswerLost: false, isDone: true, slack: [0, 0] } as const;
    this.#now += 10 * stepTime;
    for (const client of this.#sessions.keys()) this.#step({ ...calm, client, act: "drop" });
    this.#holder = undefined;
    this.#step({ ...calm, act: "login" });
    for (let pick = 0; pick < this.#messages.length; pick += 1) {
      this.#now += stepTime;
      this.#step({ ...calm, act: "retrieve", pick });
    }
    return this.operations;
  }

  #step(step: SimulatedStep): void {
    const session = this.#sessions.get(step.client);
    if (step.act === "deliver") this.#deliver(step);
    else if (step.act === "lose-lease") this.#holder = undefined;
    else if (session === undefined) {
      if (step.act === "login") this.#logIn(step);
    } else if (step.act === "quit") this.#quit(step, session);
    else if (step.act === "drop") this.#drop(step, session);
    else this.#use(step, session);
  }

  #deliver(step: SimulatedStep): void {
    const outcome = outcomeOf(step);
    const content = this.#name("content");
    this.#note(step, content, { do: "deliver", content, outcome });
    const isStored = this.#has("stores-refused") || (step.isDone && !this.#has("loses-deliveries"));
    if (!isStored) return;
    for (let copies = this.#has("stores-twice") ? 2 : 1; copies > 0; copies -= 1) this.#store(content);
  }

  #store(content: string): void {
    const uid = this.#has("reuses-unique-ids") ? this.#messages.length + 1 : this.#nextUid;
    this.#nextUid += 1;
    const says = this.#has("mangles") ? `${content} mangled` : content;
    this.#messages = [...this.#messages, { uniqueId: `u${uid}`, octets: 100 + uid, content: says }];
  }

  #logIn(step: SimulatedStep): void {
    if (this.#holder !== undefined && !this.#has("has-no-lease")) return;
    this.#holder = step.client;
    this.#epoch += 1;
    const removed = this.#removed;
    if (this.#has("brings-back") && removed !== undefined) this.#messages = [removed, ...this.#messages];
    this.#removed = undefined;
    const session: OpenSession = {
      name: this.#name("session"),
      epoch: this.#epoch,
      listing: this.#messages,
      marked: new Set(),
    };
    this.#sessions.set(step.client, session);
    const loggedIn = this.#note(step, session.name, { do: "login", outcome: "acknowledged" });
    const messages = this.#listed(session);
    this.operations.push({ ...loggedIn, from: loggedIn.to, do: "list", messages });
  }

  #use(step: SimulatedStep, session: OpenSession): void {
    const { listing, marked, name } = session;
    if (step.act === "list") {
      this.#note(step, name, { do: "list", messages: this.#listed(session) });
      return;
    }
    const number = (step.pick % Math.max(1, listing.length)) + 1;
    const message = listing[number - 1];
    if (message === undefined || marked.has(number)) return;
    if (step.act === "retrieve") {
      const mixedUp = this.#has("mixes-contents") ? listing[number % listing.length] : undefined;
      const { content, octets } = { ...message, ...mixedUp, octets: message.octets };
      this.#note(step, name, { do: "retrieve", number, content, octets });
    } else if (step.act === "mark") {
      marked.add(number);
      this.#note(step, name, { do: "mark", number, outcome: "acknowledged" });
    }
  }

  #quit(step: SimulatedStep, session: OpenSession): void {
    const isRemoved = step.isDone && this.#remove(session);
    this.#leave(step.client);
    const isAcknowledged = isRemoved || this.#has("answers-before-commit");
    const outcome = step.isAnswerLost ? "unknown" : isAcknowledged ? "acknowledged" : "refused";
    this.#note(step, session.name, { do: "quit", outcome });
  }

  #drop(step: SimulatedStep, session: OpenSession): void {
    if (this.#has("deletes-on-drop")) this.#remove(session);
    this.#leave(step.client);
    this.#note(step, session.name, { do: "drop" });
  }

  /** All or nothing, and only of the latest opener. */
  #remove(session: OpenSession): boolean {
    if (this.#has("answers-before-commit")) return false;
    if (session.epoch !== this.#epoch && !this.#has("has-no-fence") && !this.#has("overlooks-missing"))
      return false;
    let goal = [...session.marked].map((number) => session.listing[number - 1]?.uniqueId ?? "");
    const present = new Set(this.#messages.map(({ uniqueId }) => uniqueId));
    if (!this.#has("overlooks-missing") && !goal.every((uniqueId) => present.has(uniqueId))) return false;
    if (this.#has("tears-deletions")) goal = goal.slice(0, 1);
    this.#removed = this.#messages.find(({ uniqueId }) => goal.includes(uniqueId));
    this.#messages = this.#messages.filter(({ uniqueId }) => !goal.includes(uniqueId));
    return true;
  }

  #leave(client: number): void {
    this.#sessions.delete(client);
    if (this.#holder === client) this.#holder = undefined;
  }

  #listed({ listing, marked }: OpenSession): readonly ListedMessage[] {
    const wrongBy = this.#has("changes-octets") ? this.#now : 0;
    const shown = listing
      .map(({ uniqueId, octets }, index) => ({ number: index + 1, uniqueId, octets: octets + wrongBy }))
      .filter(({ number }) => !marked.has(number));
    return this.#has("renumbers") ? shown.map((each, index) => ({ ...each, number: index + 1 })) : shown;
  }

  /** Sessions do one thing after the other; only deliveries overlap with anything. */
  #note({ client, act, slack: [before, after] }: SimulatedStep, session: string, what: Act): Operation {
    const earliest = act === "deliver" ? 0 : (this.#busyUntil.get(client) ?? 0);
    const from = Math.max(earliest, this.#now - before);
    const operation: Operation = { ...what, session, maildrop: "m", from, to: this.#now + after };
    if (act !== "deliver") this.#busyUntil.set(client, operation.to);
    this.operations.push(operation);
    return operation;
  }

  #has(flaw: Flaw): boolean {
    return this.#flaw === flaw;
  }

  #name(kind: string): string {
    this.#names += 1;
    return `${kind}-${this.#names}`;
  }
}

function outcomeOf({ isAnswerLost, isDone }: SimulatedStep): Outcome {
  if (isAnswerLost) return "unknown";
  return isDone ? "acknowledged" : "refused";
}

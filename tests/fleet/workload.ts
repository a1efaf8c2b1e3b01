import { setTimeout as delay } from "node:timers/promises";
import { type History, type Outcome, until } from "@poplar/testkit";
import { PASSWORD } from "./fleet.ts";
import { LinkLost } from "./line-client.ts";
import { LmtpClient } from "./lmtp-client.ts";
import { messageOf, recognize } from "./message.ts";
import { PopClient, Refused } from "./pop-client.ts";
import type { Random } from "./random.ts";

/** What a client works with. */
export interface Work {
  readonly history: History;
  readonly random: Random;
  readonly ports: Readonly<Record<"pop3" | "lmtp", number>>;
  /** Also the names of the logins. */
  readonly maildrops: readonly string[];
  readonly signal: AbortSignal;
}

let names = 0;

/** Unique in this process, in a readable way. */
function nameOf(kind: string): string {
  names += 1;
  return `${kind}-${names}`;
}

/** Delivers and collects at random until the signal comes; what it saw is in the history. */
export async function workUntilAborted(work: Work): Promise<void> {
  while (!work.signal.aborted) {
    const maildrop = work.random.pick(work.maildrops);
    const isServed = work.random.chance(0.35)
      ? (await deliver(work, maildrop)) === "acknowledged"
      : await collect(work, maildrop);
    if (!isServed) await delay(work.random.integer(20, 200));
  }
}

/** Delivers one message, and notes what the reply leaves open. */
export async function deliver(
  { history, ports }: Pick<Work, "history" | "ports">,
  maildrop: string,
): Promise<Outcome> {
  const content = nameOf("message");
  const note = history.begin(content, maildrop);
  const outcome = await attempt(async () => {
    using client = await LmtpClient.connect(ports.lmtp);
    const code = await client.deliver(maildrop, messageOf(content));
    // 4xx: nothing happened, or nobody knows; a sender tries again and risks a duplicate.
    return code < 300 ? "acknowledged" : code < 500 ? "unknown" : "refused";
  });
  note({ do: "deliver", content, outcome: outcome ?? "unknown" });
  return outcome ?? "unknown";
}

/** One POP session that does this and that. @returns whether the maildrop could be opened. */
async function collect(work: Work, maildrop: string): Promise<boolean> {
  const { random } = work;
  using session = await Session.open(work, maildrop);
  if (session === undefined) return false;
  const isDone = await attempt(async () => {
    const messages = await session.list();
    for (let left = Math.min(random.integer(0, 8), messages.length); left > 0; left -= 1) {
      const { number } = random.pick(messages);
      if (session.marked.has(number)) continue;
      await session.retrieve(number);
      if (random.chance(0.6)) await session.mark(number);
      if (random.chance(0.1)) await session.list();
    }
    // Long enough for its lease to get lost, and for somebody else to come in.
    if (random.chance(0.25)) await delay(random.integer(100, 3000));
    return true;
  });
  if (isDone === true && random.chance(0.75)) await session.quit();
  else session.drop();
  return true;
}

/** Reads all that is in a maildrop, and leaves it there: the last look of a run. */
export async function audit(work: Pick<Work, "history" | "ports">, maildrop: string): Promise<void> {
  let opened: Session | undefined;
  // A session that was cut off a moment ago may still hold it.
  await until("the maildrop opens", async () => (opened = await Session.open(work, maildrop)) !== undefined);
  if (opened === undefined) throw new Error(`${maildrop} cannot be opened`);
  using session = opened;
  for (const { number } of await session.list()) await session.retrieve(number);
  await session.quit();
}

/** A POP session that notes what it does and sees. */
export class Session implements Disposable {
  readonly name: string = nameOf("session");
  readonly maildrop: string;
  readonly marked = new Set<number>();
  readonly #client: PopClient;
  readonly #history: History;

  private constructor(client: PopClient, history: History, maildrop: string) {
    this.#client = client;
    this.#history = history;
    this.maildrop = maildrop;
  }

  /** @returns `undefined` when the maildrop could not be opened; how that went is in the history. */
  static async open(
    { history, ports }: Pick<Work, "history" | "ports">,
    maildrop: string,
  ): Promise<Session | undefined> {
    const client = await attempt(async () => PopClient.connect(ports.pop3));
    if (client === undefined) return undefined;
    const session = new Session(client, history, maildrop);
    const note = history.begin(session.name, maildrop);
    const answer = await attempt(async () => client.logIn(maildrop, PASSWORD));
    const outcome = answer === undefined ? "unknown" : answer.startsWith("+OK") ? "acknowledged" : "refused";
    note({ do: "login", outcome });
    if (outcome === "acknowledged") return session;
    client[Symbol.dispose]();
    return undefined;
  }

  async list(): Promise<readonly { readonly number: number }[]> {
    const note = this.#history.begin(this.name, this.maildrop);
    const messages = await this.#client.list();
    note({ do: "list", messages });
    return messages;
  }

  async retrieve(number: number): Promise<void> {
    const note = this.#history.begin(this.name, this.maildrop);
    const text = await this.#client.retrieve(number);
    if (text !== undefined) note({ do: "retrieve", number, content: recognize(text), octets: text.length });
  }

  async mark(number: number): Promise<void> {
    const note = this.#history.begin(this.name, this.maildrop);
    const answer = await attempt(async () => this.#client.ask(`DELE ${number}`));
    const outcome = answer === undefined ? "unknown" : answer.startsWith("+OK") ? "acknowledged" : "refused";
    note({ do: "mark", number, outcome });
    this.marked.add(number);
    if (answer === undefined) throw new LinkLost("no answer to DELE");
  }

  /** @returns the answer; `undefined` when there was none. */
  async quit(): Promise<string | undefined> {
    const note = this.#history.begin(this.name, this.maildrop);
    const answer = await attempt(async () => this.#client.ask("QUIT"));
    note({ do: "quit", outcome: quitOutcome(answer) });
    return answer;
  }

  drop(): void {
    this.#history.begin(this.name, this.maildrop)({ do: "drop" });
    this.#client[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function quitOutcome(answer: string | undefined): Outcome {
  if (answer === undefined) return "unknown";
  if (answer.startsWith("+OK")) return "acknowledged";
  return answer.includes("nothing was deleted") ? "refused" : "unknown";
}

/** `undefined` when the server could not be reached, or fell silent. */
async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (err) {
    if (err instanceof LinkLost || err instanceof Refused) return undefined;
    throw err;
  }
}

import { Refusal } from "../refusal.ts";
import { logIn } from "./log-in.ts";
import { type Lines, PopClient } from "./pop-client.ts";
import type { PopTarget } from "./pop-target.ts";

/** What to fetch, and how. */
export interface FetchRequest extends PopTarget {
  /** The newest messages, at most so many. */
  readonly messagesMax: number;
}

/** One step, and how long it took. */
export interface Step {
  readonly step: string;
  readonly ms: number;
  /** What was received; `null` where that says nothing. */
  readonly octets: number | null;
  readonly outcome: string;
}

/**
 * Goes through a whole session as a client does, and times each step: connects, logs in, lists, retrieves,
 * leaves. Deletes nothing. `retrieved` is handed each message.
 */
export async function fetchMail(
  request: FetchRequest,
  retrieved: (message: Lines) => void = () => {},
): Promise<readonly Step[]> {
  const watch = new StopWatch();
  const { url, trust, tls } = request;
  const certificate = { servername: url.host, ...trust };
  using client = await watch.time("connect", async () =>
    PopClient.connect(url.host, url.port, tls === "implicit" ? certificate : undefined),
  );
  const greeting = await watch.time("greeting", async () => client.status());
  if (tls === "starttls") {
    await watch.time("STLS", async () => client.command("STLS"));
    await watch.time("handshake", async () => client.startTls(certificate));
  }
  await watch.time("CAPA", async () => client.listing("CAPA"));
  const { password } = request;
  await watch.time("login", async () => logIn(client, { url, password, greeting, isSecret: tls !== "none" }));
  const stat = await watch.time("STAT", async () => client.command("STAT"));
  await watch.time("UIDL", async () => client.listing("UIDL"));
  const sizes = sizesIn(await watch.time("LIST", async () => client.listing("LIST")));
  for (const [number, size] of sizes.slice(Math.max(0, sizes.length - request.messagesMax))) {
    const message = await watch.time(`RETR ${number}`, async () => client.listing(`RETR ${number}`));
    checkSize(number, size, message.octets);
    retrieved(message);
  }
  await watch.time("QUIT", async () => client.command("QUIT"));
  checkCount(stat, sizes.length);
  return watch.steps;
}

/** RFC 1939 §11: a size is what comes. */
function checkSize(number: number, listed: number, received: number): void {
  if (listed === received) return;
  throw new Refusal(
    "refused",
    "size-differs",
    `Message ${number} has ${received} octets, and LIST said ${listed}.`,
  );
}

function checkCount(stat: string, listed: number): void {
  const [, messages] = stat.split(" ");
  if (Number(messages) === listed) return;
  throw new Refusal("refused", "count-differs", `STAT said ${messages} messages, and LIST named ${listed}.`);
}

const sizesIn = ({ lines }: Lines): readonly (readonly [number: number, size: number])[] =>
  lines.map((line) => {
    const [number, size] = line.toString("latin1").split(" ");
    return [Number(number), Number.parseInt(size ?? "", 10)] as const;
  });

class StopWatch {
  readonly steps: Step[] = [];

  async time<T>(step: string, work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const outcome = await work();
    const ms = Math.round((performance.now() - startedMs) * 100) / 100;
    this.steps.push({ step, ms, octets: octetsOf(outcome), outcome: outcomeText(outcome) });
    return outcome;
  }
}

const isLines = (outcome: unknown): outcome is Lines =>
  typeof outcome === "object" && outcome !== null && "lines" in outcome;

const octetsOf = (outcome: unknown): number | null => (isLines(outcome) ? outcome.octets : null);

function outcomeText(outcome: unknown): string {
  if (isLines(outcome)) return outcome.status;
  return typeof outcome === "string" ? outcome : "done";
}

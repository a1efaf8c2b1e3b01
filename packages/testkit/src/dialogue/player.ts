import type { Act, Dialogue, Step } from "./dialogue.ts";
import { asReceived, asTopReceived, type Fixture, LOGIN } from "./fixture.ts";
import { type Captures, isMatch, octetsOf, shown } from "./notation.ts";
import type { Peer, Stage } from "./venue.ts";

/** How long the player waits for a server, each time. */
const waitMsMax = 10_000;

/** Logging in is tried again while an earlier session of the dialogue is still being cleared away. */
const retryMs = 20;

const TERMINATION = ".";

/** A reply with a response code, or with a text that would be read as one. RFC 2449 §8. */
const RESPONSE_CODE = /^(?:\+OK|-ERR) \[/;

/** The server did something else than the dialogue says. The message shows the conversation up to there. */
export class DialogueError extends Error {
  override readonly name = "DialogueError";
}

/**
 * Plays a dialogue on a stage that was set up from its fixture. Throws a `DialogueError` at the first
 * difference.
 */
export async function play(dialogue: Dialogue, stage: Stage): Promise<void> {
  const player = new Player(dialogue, stage);
  for (const turn of turnsOf(dialogue.steps)) await player.take(turn);
}

/** Client lines that follow each other are one turn: they go out together, pipelined. RFC 2449 §6.6. */
function turnsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const turns: Step[][] = [];
  for (const step of steps) {
    const before = turns.at(-1)?.at(-1);
    const isPipelined =
      before?.act.do === "send" && step.act.do === "send" && before.connection === step.connection;
    if (isPipelined) turns.at(-1)?.push(step);
    else turns.push([step]);
  }
  return turns;
}

class Player {
  readonly #dialogue: Dialogue;
  readonly #stage: Stage;
  readonly #connections: Map<number, Connection> = new Map();
  readonly #captures: Captures = new Map();
  readonly #lists: Map<string, string> = new Map();
  readonly #transcript: string[] = [];

  constructor(dialogue: Dialogue, stage: Stage) {
    this.#dialogue = dialogue;
    this.#stage = stage;
  }

  async take(turn: readonly Step[]): Promise<void> {
    const [step] = turn;
    if (step === undefined) return;
    try {
      const connection = await this.#connection(step.connection);
      if (step.act.do === "send") await connection.send(turn.flatMap((each) => this.#sent(each.act)));
      else await this.#carryOut(step.act, connection);
    } catch (err) {
      const so = this.#transcript.map((line) => `    ${line}`).join("\n");
      const what = err instanceof Error ? err.message : String(err);
      throw new DialogueError(
        `line ${step.line}: ${step.by}: ${step.text}\n  ${what}\n  the conversation so far:\n${so}`,
        { cause: err },
      );
    }
  }

  #sent(act: Act): readonly Uint8Array[] {
    if (act.do !== "send") return [];
    // A backslash at the end takes the line end away.
    const isWhole = !/(?<!\\)(?:\\\\)*\\$/.test(act.text);
    return [octetsOf(isWhole ? `${act.text}\\r\\n` : act.text.slice(0, -1), this.#captures)];
  }

  async #connection(number: number): Promise<Connection> {
    const known = this.#connections.get(number);
    if (known !== undefined) return known;
    const made = new Connection(
      await within("a connection", this.#stage.connect()),
      this.#transcript,
      number,
    );
    this.#connections.set(number, made);
    if (this.#dialogue.state !== undefined) await made.expect("+*", this.#captures);
    if (this.#dialogue.state === "TRANSACTION") await made.logIn();
    return made;
  }

  async #carryOut(act: Act, connection: Connection): Promise<void> {
    switch (act.do) {
      case "send":
      case "pause":
        return;
      case "log-in":
        return connection.logIn();
      case "start-tls":
        return connection.startTls();
      case "close":
        return within("the end to leave", connection.peer.close());
      case "reset":
        return connection.peer.reset();
      case "expect-line":
        return connection.expect(act.pattern, this.#captures);
      case "expect-closed":
        return connection.expectClosed();
      case "expect-lines":
        return this.#compareLines(await connection.lines(), act);
      case "expect-same-lines":
        return this.#compareWithSame(act.name, await connection.lines());
      case "expect-message":
        return compareMessage(await connection.lines(), this.#dialogue.fixture, act);
      case "expect-counted":
        return this.#compareCounted(connection, act.message);
    }
  }

  async #compareCounted(connection: Connection, message: number): Promise<void> {
    const expected = asReceived(delivered(this.#dialogue.fixture, message));
    const received = await connection.octets(expected.length);
    if (received !== expected) {
      throw new Error(`expected the message\n${shown(expected)}\nand got\n${shown(received)}`);
    }
  }

  #compareLines(lines: readonly string[], act: Act & { do: "expect-lines" }): void {
    const isThere = (pattern: string): boolean =>
      lines.some((line) => isMatch(pattern, line, this.#captures));
    for (const pattern of act.with) if (!isThere(pattern)) throw new Error(`no line is ${pattern}`);
    for (const pattern of act.without) if (isThere(pattern)) throw new Error(`a line is ${pattern}`);
  }

  #compareWithSame(name: string, lines: readonly string[]): void {
    const list = lines.toSorted().join("\n");
    const known = this.#lists.get(name) ?? list;
    if (list !== known) throw new Error(`not the lines of $${name}, which were:\n${known}`);
    this.#lists.set(name, known);
  }
}

function delivered(fixture: Fixture, number: number): Uint8Array {
  const message = fixture.messages[number - 1];
  if (message === undefined) throw new Error(`the fixture has no message ${number}`);
  return message;
}

/** Compares what was sent, unstuffed (RFC 1939 §3), with what was delivered. */
function compareMessage(
  lines: readonly string[],
  fixture: Fixture,
  act: Act & { do: "expect-message" },
): void {
  const message = delivered(fixture, act.message);
  const expected = act.bodyLines === undefined ? asReceived(message) : asTopReceived(message, act.bodyLines);
  const received = lines.map((line) => `${line.replace(/^\./, "")}\r\n`).join("");
  if (received !== expected)
    throw new Error(`expected the message\n${shown(expected)}\nand got\n${shown(received)}`);
}

/** A client's end of a connection: reads lines, and writes down what was said. */
class Connection {
  readonly peer: Peer;
  readonly #transcript: string[];
  readonly #number: number;
  #held = "";

  constructor(peer: Peer, transcript: string[], number: number) {
    this.peer = peer;
    this.#transcript = transcript;
    this.#number = number;
  }

  async send(octets: readonly Uint8Array[]): Promise<void> {
    for (const each of octets) this.#note("C", Buffer.from(each).toString("latin1"));
    await within("octets to leave", this.peer.send(Buffer.concat(octets)));
  }

  async logIn(): Promise<void> {
    for (const deadline = performance.now() + waitMsMax; ; await delay(retryMs)) {
      await this.send([Buffer.from(`USER ${LOGIN.name}\r\nPASS ${LOGIN.password}\r\n`)]);
      await this.expect("+OK *", new Map());
      const answer = await this.#line();
      if (answer?.startsWith("+OK ") === true) return;
      const isInUse = answer?.startsWith("-ERR [IN-USE] ") === true;
      if (!isInUse || performance.now() > deadline) throw new Error("the login was refused");
    }
  }

  async startTls(): Promise<void> {
    if (this.#held !== "") throw new Error(`in clear, behind the reply to STLS, came ${shown(this.#held)}`);
    await within("the TLS handshake", this.peer.startTls());
  }

  async expect(pattern: string, captures: Captures): Promise<void> {
    const line = await this.#line();
    if (line === undefined) throw new Error("the connection was closed instead");
    if (!isMatch(pattern, line, captures)) throw new Error(`came instead: ${shown(line)}`);
    if (RESPONSE_CODE.test(line) && !RESPONSE_CODE.test(pattern)) {
      throw new Error(`came with a response code that was not expected: ${shown(line)}`);
    }
  }

  async expectClosed(): Promise<void> {
    const line = await this.#line();
    if (line !== undefined) throw new Error(`came instead: ${shown(line)}`);
  }

  /** The lines of a multi-line response behind its first, without the termination. RFC 1939 §3. */
  async lines(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (let line = await this.#line(); line !== TERMINATION; line = await this.#line()) {
      if (line === undefined) throw new Error("the connection was closed in the middle of a response");
      lines.push(line);
    }
    return lines;
  }

  /** So many octets, whatever they are; fewer where the connection was closed before. */
  async octets(count: number): Promise<string> {
    while (this.#held.length < count && (await this.#hear()));
    const octets = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    this.#note("S", octets);
    return octets;
  }

  /** The next line without its CRLF; what ends in a bare LF keeps it, and so matches nothing. */
  async #line(): Promise<string | undefined> {
    let lineEnd = this.#held.indexOf("\n");
    while (lineEnd === -1) {
      const searched = this.#held.length;
      if (!(await this.#hear())) return this.#atEnd();
      lineEnd = this.#held.indexOf("\n", searched);
    }
    const line = this.#held.slice(0, lineEnd + 1);
    this.#held = this.#held.slice(lineEnd + 1);
    this.#note("S", line);
    return line.replace(/\r\n$/, "");
  }

  async #hear(): Promise<boolean> {
    const octets = await within("the server", this.peer.receive());
    if (octets !== undefined) this.#held += Buffer.from(octets).toString("latin1");
    return octets !== undefined;
  }

  #atEnd(): undefined {
    if (this.#held !== "") throw new Error(`the connection was closed behind ${shown(this.#held)}`);
    this.#transcript.push(`${this.#number}> S: (closed)`);
  }

  #note(by: "C" | "S", said: string): void {
    const isWhole = said.endsWith("\r\n");
    this.#transcript.push(
      `${this.#number}> ${by}: ${shown(isWhole ? said.slice(0, -2) : said)}${isWhole ? "" : "\\"}`,
    );
  }
}

const delay = async (ms: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, ms));
};

/** Waits for somebody, but not for ever. */
async function within<T>(whom: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${waitMsMax} ms for ${whom}`)), waitMsMax);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

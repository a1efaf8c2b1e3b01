import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { Refusal } from "../refusal.ts";

/** How long a server may be silent. */
const silenceMsMax = 30_000;

const LF = 0x0a;
const DOT = 0x2e;

/** What is handed on of a line whose end is not in sight. */
const pieceOctets = 64 * 1024;

/** An answer of more than one line, unstuffed. */
export interface Lines {
  readonly status: string;
  readonly lines: readonly Buffer[];
  /** With their CRLFs. */
  readonly octets: number;
}

/** One connection to a POP3 server. What fails is thrown as a `Refusal` that says what the server said. */
export class PopClient implements Disposable {
  #socket: Socket;
  #read: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#read = readingOf(socket);
  }

  /** Connects, with TLS where `tls` says how to check the certificate. */
  static async connect(host: string, port: number, tls: ConnectionOptions | undefined): Promise<PopClient> {
    const socket =
      tls === undefined ? connectTcp({ host, port, noDelay: true }) : connectTls({ ...tls, host, port });
    await ready(socket, tls === undefined ? "connect" : "secureConnect", `${host}:${port}`);
    return new PopClient(socket);
  }

  /** Goes over to TLS, after the reply to STLS. RFC 2595 §4. */
  async startTls(tls: ConnectionOptions): Promise<void> {
    if (this.#held.length > 0) {
      throw new Refusal(
        "refused",
        "server-misbehaves",
        "The server spoke in clear behind its answer to STLS.",
      );
    }
    await this.#read.return?.();
    const secure = connectTls({ ...tls, socket: this.#socket });
    await ready(secure, "secureConnect", "the server");
    this.#socket = secure;
    this.#read = readingOf(secure);
  }

  /** The next line without its CRLF, which is `+OK …`. */
  async status(): Promise<string> {
    const line = (await this.#line()).toString("utf8").replace(/\r?\n$/, "");
    if (line.startsWith("+OK") || line.startsWith("+ ")) return line;
    throw new Refusal("refused", "server-refused", `The server said: ${line}`);
  }

  /** Sends a command. @returns the first line of the answer. */
  async command(text: string): Promise<string> {
    this.#socket.write(`${text}\r\n`);
    return this.status();
  }

  /** Sends a command whose answer has many lines. RFC 1939 §3. */
  async listing(text: string): Promise<Lines> {
    const status = await this.command(text);
    const lines: Buffer[] = [];
    let octets = 0;
    for (
      let line = await this.#line();
      !/^\.\r?\n$/.test(line.toString("latin1"));
      line = await this.#line()
    ) {
      const content = line[0] === DOT ? line.subarray(1) : line;
      octets += content.length;
      lines.push(content);
    }
    return { status, lines, octets };
  }

  /** Sends RETR, or TOP, and hands on the message as it comes, unstuffed: however large, it is not kept. */
  async *message(text: string): AsyncGenerator<Buffer, void, undefined> {
    await this.command(text);
    let isLineStart = true;
    for (;;) {
      const piece = await this.#piece();
      if (isLineStart && /^\.\r?\n$/.test(piece.toString("latin1", 0, 4))) return;
      yield isLineStart && piece[0] === DOT ? piece.subarray(1) : piece;
      isLineStart = piece.at(-1) === LF;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** A line, or the beginning of a long one. */
  async #piece(): Promise<Buffer> {
    return this.#upToLineEnd(pieceOctets);
  }

  async #line(): Promise<Buffer> {
    return this.#upToLineEnd(Number.POSITIVE_INFINITY);
  }

  async #upToLineEnd(octetsMax: number): Promise<Buffer> {
    let end = this.#held.indexOf(LF);
    while (end === -1 && this.#held.length < octetsMax) {
      const next = await this.#read.next().catch((cause: unknown) => lost(cause));
      if (next.done === true) return lost(new Error("it closed the connection"));
      const searched = this.#held.length;
      this.#held = Buffer.concat([this.#held, next.value]);
      end = this.#held.indexOf(LF, searched);
    }
    const taken = end === -1 ? this.#held.length : end + 1;
    const piece = this.#held.subarray(0, taken);
    this.#held = this.#held.subarray(taken);
    return piece;
  }
}

/** What comes, piece by piece; ending it leaves the socket open. */
const readingOf = (socket: Socket): AsyncIterator<Buffer> =>
  socket.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();

async function ready(socket: Socket, event: string, whom: string): Promise<void> {
  socket.setTimeout(silenceMsMax, () =>
    socket.destroy(new Error(`it is silent for ${silenceMsMax / 1000} s`)),
  );
  try {
    await once(socket, event);
  } catch (cause) {
    throw new Refusal("unreachable", "server-unreachable", `${whom} cannot be reached: ${reasonOf(cause)}.`);
  }
}

function lost(cause: unknown): never {
  throw new Refusal("unreachable", "connection-lost", `The connection was lost: ${reasonOf(cause)}.`);
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { LoginPair, ServerUnderTest } from "./server-under-test.ts";

/** What a scenario says: octets to send, and how many answers of which kind it expects before it goes on. */
export interface Turn {
  readonly send: string;
  readonly answers: number;
  readonly isMultiLine: boolean;
}

const END = Buffer.from("\r\n.\r\n");
const LF = 0x0a;

/**
 * A POP client that does as little as it can, so that the generator is not what is measured: it counts
 * answers, and sees that each begins with `+OK` and ends as it must.
 */
export class PopClient {
  readonly #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #left = 0;
  #isMultiLine = false;
  #hasStatus = false;
  #done: ((failure?: Error) => void) | undefined;
  octets = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (err) => this.#done?.(err));
    socket.on("close", () => this.#done?.(new Error("the server closed the connection")));
  }

  /** Connects and waits for the greeting. */
  static async open(
    port: number,
    tls: { readonly session: Buffer | undefined; readonly onSession: (session: Buffer) => void } | undefined,
  ): Promise<PopClient> {
    const socket = tls === undefined ? connect(port, "127.0.0.1") : secure(port, tls);
    socket.setNoDelay(true);
    const client = new PopClient(socket);
    await client.#expect(1, false);
    return client;
  }

  /** Logs in as the login of a number. */
  static async logIn(server: ServerUnderTest, number: number, isTls: boolean): Promise<PopClient> {
    const tls = isTls ? { session: undefined, onSession: () => undefined } : undefined;
    const client = await PopClient.open(isTls ? server.pop3sPort : server.pop3Port, tls);
    await client.authenticate(server.loginOf(number));
    return client;
  }

  /** Whether TLS resumed an earlier session. */
  get isResumed(): boolean {
    return "isSessionReused" in this.#socket && this.#tls.isSessionReused();
  }

  get #tls(): TLSSocket {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- asked only after the line above
    return this.#socket as TLSSocket;
  }

  async say(turn: Turn): Promise<void> {
    const answered = this.#expect(turn.answers, turn.isMultiLine);
    this.#socket.write(turn.send);
    await answered;
  }

  /** USER and PASS. */
  async authenticate({ name, password }: LoginPair): Promise<void> {
    await this.say({ send: `USER ${name}\r\n`, answers: 1, isMultiLine: false });
    await this.say({ send: `PASS ${password}\r\n`, answers: 1, isMultiLine: false });
  }

  /** QUIT, and the end. */
  async quit(): Promise<void> {
    await this.say({ send: "QUIT\r\n", answers: 1, isMultiLine: false });
    this.close();
  }

  close(): void {
    this.#done = undefined;
    this.#socket.destroy();
  }

  async #expect(answers: number, isMultiLine: boolean): Promise<void> {
    this.#left = answers;
    this.#isMultiLine = isMultiLine;
    this.#hasStatus = false;
    await new Promise<void>((resolve, reject) => {
      this.#done = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
  }

  #take(chunk: Buffer): void {
    this.octets += chunk.length;
    let octets = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (this.#left > 0) {
      if (!this.#hasStatus) {
        const end = octets.indexOf(LF);
        if (end === -1) break;
        if (octets[0] !== 0x2b) {
          this.#done?.(new Error(`refused: ${octets.subarray(0, end).toString("latin1")}`));
          return;
        }
        this.#hasStatus = true;
        // The CRLF of the status line may be that before the termination.
        octets = octets.subarray(this.#isMultiLine ? end - 1 : end + 1);
      }
      if (this.#isMultiLine) {
        const end = octets.indexOf(END);
        if (end === -1) {
          octets = octets.subarray(Math.max(0, octets.length - END.length + 1));
          break;
        }
        octets = octets.subarray(end + END.length);
      }
      this.#hasStatus = false;
      this.#left -= 1;
    }
    this.#held = octets;
    if (this.#left === 0) {
      const done = this.#done;
      this.#done = undefined;
      done?.();
    }
  }
}

function secure(
  port: number,
  {
    session,
    onSession,
  }: { readonly session: Buffer | undefined; readonly onSession: (session: Buffer) => void },
): TLSSocket {
  const socket = connectTls({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(session === undefined ? {} : { session }),
  });
  socket.on("session", onSession);
  return socket;
}

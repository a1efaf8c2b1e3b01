import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The connection is gone, or the server takes too long: what was asked may have happened, or not. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";
}

/** How long a client waits for the next octet of an answer. */
const patienceMs = 20_000;

/** A client of a protocol of lines. Text is latin1: one character per octet. */
export class LineClient implements Disposable {
  readonly #socket: Socket;
  #text = "";
  #isClosed = false;
  #wake: () => void = () => undefined;

  protected constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1").setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (text: string) => {
      this.#text += text;
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** @throws LinkLost */
  protected static async dial(port: number): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    try {
      await once(socket, "connect");
      return socket;
    } catch (cause) {
      throw new LinkLost("not connected", { cause });
    }
  }

  send(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Leaves without a word. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** The next line without its CRLF. @throws LinkLost */
  async line(): Promise<string> {
    return (await this.through("\r\n")).slice(0, -2);
  }

  /** Whether the next octets are these. @throws LinkLost */
  protected async startsWith(text: string): Promise<boolean> {
    while (this.#text.length < text.length) await this.#more();
    return this.#text.startsWith(text);
  }

  /** Everything up to a mark, with it. @throws LinkLost */
  protected async through(mark: string): Promise<string> {
    for (let from = 0; ; ) {
      const at = this.#text.indexOf(mark, from);
      if (at !== -1) {
        const text = this.#text.slice(0, at + mark.length);
        this.#text = this.#text.slice(text.length);
        return text;
      }
      from = Math.max(0, this.#text.length - mark.length);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    if (this.#isClosed) throw new LinkLost(`closed after ${JSON.stringify(this.#text.slice(-80))}`);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

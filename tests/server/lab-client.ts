import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";

/** A client that a test drives by hand. Text is latin1: one character per octet. */
export class LabClient implements Disposable {
  socket: Socket;
  #text = "";
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#listen(socket);
  }

  static async connect(port: number, localAddress = "127.0.0.1"): Promise<LabClient> {
    const socket = connectTcp({ host: "127.0.0.1", port, localAddress, noDelay: true, allowHalfOpen: true });
    const client = new LabClient(socket);
    await once(socket, "connect");
    return client;
  }

  static async connectTls(port: number, options: ConnectionOptions): Promise<LabClient> {
    const socket = connectTls({ host: "127.0.0.1", port, ...options });
    const client = new LabClient(socket);
    await once(socket, "secureConnect");
    return client;
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** The next line without its CRLF. */
  async line(): Promise<string> {
    return (await this.#until("\r\n")).slice(0, -2);
  }

  /** Sends a command, and waits for the first line of its answer. */
  ask(command: string): Promise<string> {
    this.send(`${command}\r\n`);
    return this.line();
  }

  /**
   * The lines of a multi-line response after its first, byte-stuffed as they come, without the termination.
   */
  async lines(): Promise<string> {
    if (this.#text.startsWith(".\r\n")) {
      this.#text = this.#text.slice(3);
      return "";
    }
    return (await this.#until("\r\n.\r\n")).slice(0, -3);
  }

  async logIn(name = "alice@example.test", password = "secret with  spaces "): Promise<void> {
    await this.ask(`USER ${name}`);
    const reply = await this.ask(`PASS ${password}`);
    if (!reply.startsWith("+OK")) throw new Error(reply);
  }

  /** Everything that still comes, until the connection is closed. */
  async rest(): Promise<string> {
    while (!this.#isClosed) await this.#more();
    const text = this.#text;
    this.#text = "";
    return text;
  }

  async startTls(options: ConnectionOptions): Promise<TLSSocket> {
    this.socket.removeAllListeners();
    const secure = connectTls({ ...options, socket: this.socket });
    this.#listen(secure);
    await once(secure, "secureConnect");
    this.socket = secure;
    return secure;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #until(mark: string): Promise<string> {
    for (let from = 0; ; ) {
      const at = this.#text.indexOf(mark, from);
      if (at !== -1) {
        const text = this.#text.slice(0, at + mark.length);
        this.#text = this.#text.slice(at + mark.length);
        return text;
      }
      if (this.#isClosed) throw new Error(`closed; before that: ${JSON.stringify(this.#text.slice(-200))}`);
      from = Math.max(0, this.#text.length - mark.length);
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #listen(socket: Socket): void {
    socket.on("data", (octets: Buffer) => {
      this.#text += octets.toString("latin1");
      this.#wake();
    });
    socket.on("error", () => undefined);
    // The server has closed its side: so does an ordinary client.
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }
}

import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** Speaks just enough LMTP. RFC 2033. */
export class LmtpClient {
  readonly #socket: ReturnType<typeof connect>;
  readonly #replies: AsyncIterator<string>;

  private constructor(socket: ReturnType<typeof connect>) {
    this.#socket = socket;
    this.#replies = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async open(port: number): Promise<LmtpClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const client = new LmtpClient(socket);
    await client.#expect(1);
    await client.#say("LHLO bench.test\r\n", 1);
    return client;
  }

  async deliver(recipients: readonly string[], content: string): Promise<void> {
    const envelope = recipients.map((recipient) => `RCPT TO:<${recipient}>\r\n`).join("");
    await this.#say(`MAIL FROM:<sender@example.test>\r\n${envelope}DATA\r\n`, recipients.length + 2);
    await this.#say(`${content.replaceAll("\r\n.", "\r\n..")}.\r\n`, recipients.length);
  }

  async quit(): Promise<void> {
    await this.#say("QUIT\r\n", 1);
    this.#socket.destroy();
  }

  async #say(text: string, replies: number): Promise<void> {
    this.#socket.write(text);
    await this.#expect(replies);
  }

  async #expect(replies: number): Promise<void> {
    for (let left = replies; left > 0; ) {
      const next: IteratorResult<string, unknown> = await this.#replies.next();
      if (next.done === true) throw new Error("the LMTP server closed the connection");
      const { value } = next;
      if (!/^[23]/.test(value)) throw new Error(`LMTP: ${value}`);
      if (value[3] !== "-") left -= 1;
    }
  }
}

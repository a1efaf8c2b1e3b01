import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { Mail } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Recipients in one LMTP transaction. */
const recipientsMax = 50;

/** Delivers a scenario's mail over LMTP. @returns seconds that it took. */
export async function deliverMail(server: ServerUnderTest, mail: Mail): Promise<number> {
  const lmtp = await LmtpClient.open(server.lmtpPort);
  const startedMs = performance.now();
  for (let message = 1; message <= mail.messages; message += 1) {
    const content = messageOf(message, mail.octets);
    for (let offset = 0; offset < mail.logins; offset += recipientsMax) {
      const count = Math.min(recipientsMax, mail.logins - offset);
      const recipients = Array.from({ length: count }, (_, index) =>
        server.recipientOf(mail.firstLogin + offset + index),
      );
      await lmtp.deliver(recipients, content);
    }
  }
  await lmtp.quit();
  return (performance.now() - startedMs) / 1000;
}

/** A message of about so many octets, with lines that begin with dots. */
function messageOf(number: number, octets: number): string {
  const header = `From: a@example.test\r\nTo: b@example.test\r\nSubject: message ${number}\r\nMessage-ID: <${number}@bench.test>\r\n\r\n`;
  const line = "The quick brown fox jumps over the lazy dog, again and again and again.\r\n";
  const dotted = ".. a line that begins with dots\r\n";
  const lines = Math.max(1, Math.floor((octets - header.length) / line.length));
  return header + dotted + line.repeat(lines - 1);
}

/** Speaks just enough LMTP. RFC 2033. */
class LmtpClient {
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

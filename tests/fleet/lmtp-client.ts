import { LineClient } from "./line-client.ts";

/** Delivers by LMTP (RFC 2033), one message after the other over one connection. */
export class LmtpClient extends LineClient {
  static async connect(port: number): Promise<LmtpClient> {
    const client = new LmtpClient(await LineClient.dial(port));
    await client.#reply();
    await client.#ask("LHLO sender.example.test");
    return client;
  }

  /**
   * Delivers to one recipient. @returns the code of the last reply, e.g. 250.
   *
   * @throws LinkLost when there is none.
   */
  async deliver(recipient: string, message: string): Promise<number> {
    for (const command of ["MAIL FROM:<sender@example.test>", `RCPT TO:<${recipient}>`, "DATA"]) {
      const code = await this.#ask(command);
      if (code >= 400) return code;
    }
    this.send(`${message.replaceAll(/^\./gm, "..")}.\r\n`);
    return this.#reply();
  }

  async #ask(command: string): Promise<number> {
    this.send(`${command}\r\n`);
    return this.#reply();
  }

  async #reply(): Promise<number> {
    for (;;) {
      const line = await this.line();
      if (line[3] !== "-") return Number(line.slice(0, 3));
    }
  }
}

import type { ListedMessage } from "@poplar/testkit";
import { LineClient } from "./line-client.ts";

/** A POP3 client that a test drives. Each method rejects with `LinkLost` when the server does not answer. */
export class PopClient extends LineClient {
  /** Connects, and waits for the greeting. */
  static async connect(port: number): Promise<PopClient> {
    const client = new PopClient(await LineClient.dial(port));
    const greeting = await client.line();
    // A front end that is about to stop says so in the place of the greeting.
    if (!greeting.startsWith("+OK")) throw new Refused(greeting);
    return client;
  }

  /** Sends a command. @returns the first line of the answer. */
  async ask(command: string): Promise<string> {
    this.send(`${command}\r\n`);
    return this.line();
  }

  /** USER and PASS. @returns the answer to PASS. */
  async logIn(name: string, password: string): Promise<string> {
    const answer = await this.ask(`USER ${name}`);
    return answer.startsWith("+OK") ? this.ask(`PASS ${password}`) : answer;
  }

  /** LIST and UIDL, which must agree. */
  async list(): Promise<readonly ListedMessage[]> {
    const octets = await this.#pairs("LIST");
    const uniqueIds = await this.#pairs("UIDL");
    if (octets.length !== uniqueIds.length) throw new Error("LIST and UIDL differ in length");
    return octets.map(([number, size], index) => {
      const [sameNumber, uniqueId] = uniqueIds[index] ?? [];
      if (sameNumber !== number || uniqueId === undefined) throw new Error("LIST and UIDL differ");
      return { number: Number(number), uniqueId, octets: Number(size) };
    });
  }

  /** RETR. @returns the message, no longer byte-stuffed; `undefined` when it was refused. */
  async retrieve(number: number): Promise<string | undefined> {
    const answer = await this.ask(`RETR ${number}`);
    if (!answer.startsWith("+OK")) return undefined;
    return (await this.#lines()).replaceAll(/^\.\./gm, ".");
  }

  async #pairs(command: "LIST" | "UIDL"): Promise<readonly (readonly [string, string])[]> {
    const answer = await this.ask(command);
    if (!answer.startsWith("+OK")) throw new Refused(answer);
    const lines = (await this.#lines()).split("\r\n").slice(0, -1);
    return lines.map((line) => {
      const [number = "", value = ""] = line.split(" ");
      return [number, value];
    });
  }

  /** A multi-line response up to the termination, without it. RFC 1939 §3. */
  async #lines(): Promise<string> {
    if (await this.startsWith(".\r\n")) {
      await this.line();
      return "";
    }
    return (await this.through("\r\n.\r\n")).slice(0, -3);
  }
}

/** The server sent the client away before it could ask anything. */
export class Refused extends Error {
  override readonly name = "Refused";
}

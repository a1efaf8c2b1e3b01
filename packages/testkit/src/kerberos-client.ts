import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM: string = fileURLToPath(new URL("../programs/kerberos-client.py", import.meta.url));

/**
 * What a GSSAPI initiator asks for. MIT's asks for integrity and confidentiality unless it is told
 * `no-layers`.
 */
export type GssFlag = "mutual" | "sequence" | "integ" | "conf" | "no-layers";

/** A step of a GSSAPI initiator: its token, and whether it waits for another one of the acceptor. */
export interface GssStep {
  readonly isDone: boolean;
  readonly token: Buffer;
}

/** A Kerberos client on the real MIT libraries, in a process with its own credentials cache. */
export class KerberosClient {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  /** @param clockOffset as faketime takes it. */
  constructor(environment: Readonly<NodeJS.ProcessEnv>, clockOffset?: string) {
    const clock = clockOffset === undefined ? [] : ["faketime", "-f", clockOffset];
    const child = spawn("env", [...clock, "python3", PROGRAM], {
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    this.#answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Begins a GSSAPI context, e.g. for `pop@localhost`; the one before is gone. */
  async initiate(target: string, flags: readonly GssFlag[], bound?: Uint8Array): Promise<GssStep> {
    const words = bound === undefined ? flags : [...flags, `bind=${spell(bound)}`];
    return step(await this.#ask(`gss-init ${target} ${words.join(" ")}`));
  }

  async answer(token: Uint8Array): Promise<GssStep> {
    return step(await this.#ask(`gss-step ${spell(token)}`));
  }

  async wrap(octets: Uint8Array, isConfidential = false): Promise<Buffer> {
    return only(await this.#ask(`gss-wrap ${isConfidential ? "conf" : "clear"} ${spell(octets)}`));
  }

  async unwrap(token: Uint8Array): Promise<Buffer> {
    return only(await this.#ask(`gss-unwrap ${spell(token)}`));
  }

  /** Gets a ticket from the KDC, for `apReq` and `sendauth`. */
  async fetch(service: string, host: string): Promise<void> {
    await this.#ask(`fetch ${service} ${host}`);
  }

  /** A new AP-REQ with the ticket that was fetched. */
  async apReq(mutual: "mutual" | "one-way"): Promise<Buffer> {
    return only(await this.#ask(`ap-req ${mutual}`));
  }

  /**
   * Connects to a loopback port, runs krb5_sendauth, then reads a line. Rejects with the library's own error.
   */
  async sendauth(port: number, applicationVersion: string, mutual: "mutual" | "one-way"): Promise<string> {
    return only(await this.#ask(`sendauth ${port} ${applicationVersion} ${mutual}`)).toString("latin1");
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
  }

  async #ask(line: string): Promise<readonly string[]> {
    this.#child.stdin?.write(`${line}\n`);
    const answer = await this.#answers.next();
    const words = answer.done === true ? ["error", "the client ended"] : answer.value.split(" ");
    if (words[0] === "error") throw new Error(words.slice(1).join(" "));
    return words;
  }
}

const spell = (octets: Uint8Array): string => Buffer.from(octets).toString("base64") || "-";

const only = (words: readonly string[]): Buffer =>
  Buffer.from(words[1] === "-" ? "" : (words[1] ?? ""), "base64");

const step = (words: readonly string[]): GssStep => ({ isDone: words[0] === "done", token: only(words) });

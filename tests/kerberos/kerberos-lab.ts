import { freePorts, type KdcOptions, type TestKdc, until, withKdc } from "@poplar/testkit";
import { Standalone } from "../fixtures/standalone.ts";

export interface KerberosLabOptions extends Partial<KdcOptions> {
  /** More flags of the server. */
  readonly flags?: readonly string[];
}

/** What the log says of a client that is turned away. */
export interface LoggedRefusal {
  readonly level: string;
  readonly reason: string;
  readonly detail: string;
  readonly listener: string;
  readonly address: string;
  readonly sessionId: string;
  readonly msg: string;
}

const isLoggedRefusal = (line: unknown): line is LoggedRefusal =>
  typeof line === "object" && line !== null && "reason" in line && "sessionId" in line;

/**
 * The whole server as `npm start` runs it, with a keytab of a KDC of its own. `alice@POPLAR.TEST` has a
 * login.
 */
export class KerberosLab implements AsyncDisposable {
  readonly kdc: TestKdc;
  readonly server: Standalone;
  readonly kpopPort: number;
  readonly #opened: AsyncDisposableStack;

  private constructor(kdc: TestKdc, server: Standalone, kpopPort: number, opened: AsyncDisposableStack) {
    this.kdc = kdc;
    this.server = server;
    this.kpopPort = kpopPort;
    this.#opened = opened;
  }

  static async start({
    realms = 1,
    flags = [],
    ...kdcOptions
  }: KerberosLabOptions = {}): Promise<KerberosLab> {
    await using opened = new AsyncDisposableStack();
    const kdc = await withKdc(
      { after: (callback) => opened.defer(async () => callback()) },
      { realms, ...kdcOptions },
    );
    const [kpopPort = 0] = await freePorts(1);
    const server = await Standalone.start({
      flags: [
        `--kpop-port=${kpopPort}`,
        `--kerberos-keytab=${kdc.keytab}`,
        "--kerberos-rules=POPLAR.TEST=example.test",
        ...flags,
      ],
    });
    opened.use(server);
    await server.addLogin("alice");
    return new KerberosLab(kdc, server, kpopPort, opened.move());
  }

  /** Does what turns one client away. @returns what the log says of it. */
  async refusalBy(work: () => Promise<unknown>): Promise<LoggedRefusal> {
    const before = new Set(this.#refusals().map(({ sessionId }) => sessionId));
    await work();
    const found = (): LoggedRefusal | undefined =>
      this.#refusals().find(({ sessionId }) => !before.has(sessionId));
    await until("a refusal in the log", () => found() !== undefined);
    const refusal = found();
    if (refusal === undefined) throw new Error("the log has forgotten what it said");
    return refusal;
  }

  /** Waits for the reason of a refusal in the log. */
  async untilLogged(reason: string): Promise<void> {
    await this.untilWritten(`"reason":"${reason}"`);
  }

  /** Waits for something in what the server writes. */
  async untilWritten(text: string): Promise<void> {
    await until(`${text} in the log`, () => this.server.process.output.includes(text));
  }

  #refusals(): readonly LoggedRefusal[] {
    return this.server.process.output
      .split("\n")
      .filter((line) => /^\{.*"event":"kerberos-refused".*\}$/.test(line))
      .map((line): unknown => JSON.parse(line))
      .filter(isLoggedRefusal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

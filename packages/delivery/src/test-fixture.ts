import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Delivery, DeliveryFault, DeliveryStore, ResolvedRecipient } from "@poplar/maildrop";
import type { ConnectionRefused, DeliveryAccepted, DeliveryRefused } from "@poplar/telemetry";
import { Deliverer } from "./deliverer.ts";
import { type LmtpOptions, type LmtpServer, serveLmtp } from "./serve-lmtp.ts";
import { openSpool, type Spool, type SpoolOptions } from "./spool.ts";

/** One copy as the store got it. */
export interface StoredCopy {
  readonly recipient: string;
  readonly maildropId: number;
  readonly reversePath: string;
  readonly trace: string;
  readonly wire: Buffer;
  readonly octets: number;
  readonly headerWireOctets: number;
}

const faults: Readonly<Record<string, DeliveryFault>> = {
  nobody: { deliveryFault: "unknown-recipient" },
  full: { deliveryFault: "over-quota" },
  down: { deliveryFault: "storage-down", cause: new Error("secret of the store") },
};

/**
 * A store that remembers. The local part says what becomes of a recipient: `nobody`, `full` and `down` fail
 * at RCPT, `late-full` and `late-down` after DATA, `bug` throws.
 */
export class RecordingStore implements DeliveryStore {
  readonly copies: StoredCopy[] = [];
  #gate: Promise<void> = Promise.resolve();
  /** Called for each slice instead of keeping it. */
  onSlice: ((slice: Uint8Array) => void) | undefined;

  /** Holds messages back until what it returns is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async resolveRecipient(recipient: string): Promise<ResolvedRecipient | DeliveryFault> {
    const localPart = localPartOf(recipient);
    if (localPart === "bug") throw new Error("secret of the store");
    return faults[localPart] ?? { recipient, maildropId: localPart.length };
  }

  async deliver({ reversePath, copies, content }: Delivery): Promise<readonly (number | DeliveryFault)[]> {
    await this.#gate;
    const answers: (number | DeliveryFault)[] = [];
    for (const { resolved, traceHeader } of copies) {
      const localPart = localPartOf(resolved.recipient);
      if (localPart === "late-bug") throw new Error("secret of the store");
      const slices: Uint8Array[] = [];
      for await (const slice of content.slices()) {
        if (this.onSlice === undefined) slices.push(slice);
        else this.onSlice(slice);
      }
      const fault = localPart.startsWith("late-") ? faults[localPart.slice("late-".length)] : undefined;
      answers.push(fault ?? this.copies.length + 1);
      if (fault !== undefined) continue;
      this.copies.push({
        recipient: resolved.recipient,
        maildropId: resolved.maildropId,
        reversePath,
        trace: Buffer.from(traceHeader).toString(),
        wire: Buffer.concat(slices),
        octets: content.octets,
        headerWireOctets: content.headerWireOctets,
      });
    }
    return answers;
  }
}

const localPartOf = (recipient: string): string => recipient.slice(0, recipient.lastIndexOf("@"));

/** The events of one test. */
export class RecordedEvents {
  readonly accepted: DeliveryAccepted[] = [];
  readonly refused: DeliveryRefused[] = [];
  readonly turnedAway: ConnectionRefused[] = [];
  readonly listeners: string[] = [];
  readonly drained: number[] = [];
  deliveryAccepted(event: DeliveryAccepted): void {
    this.accepted.push(event);
  }
  deliveryRefused(event: DeliveryRefused): void {
    this.refused.push(event);
  }
  connectionRefused(event: ConnectionRefused): void {
    this.turnedAway.push(event);
  }
  draining({ sessions }: { readonly sessions: number }): void {
    this.drained.push(sessions);
  }
  listening({ address }: { readonly address: string }): void {
    this.listeners.push(address);
  }
}

/** A directory that is gone after the test. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "poplar-delivery-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** What a test may set. */
export interface FixtureOptions {
  readonly limits?: LmtpOptions["limits"];
  readonly spool?: Omit<SpoolOptions, "directory">;
  readonly messageOctetsMax?: number;
  /** A free one when absent. */
  readonly port?: number;
  readonly socketPath?: string;
  readonly socketMode?: number;
}

/** A server and all around it. */
export interface Fixture {
  readonly store: RecordingStore;
  readonly events: RecordedEvents;
  readonly spool: Spool;
  readonly spoolDirectory: string;
  readonly server: LmtpServer;
  /** 0 on a Unix socket. */
  readonly port: number;
  /** Connects and reads the greeting. */
  readonly client: () => Promise<LmtpClient>;
}

/** Serves LMTP on a free port, or on a Unix socket. */
export async function serve(t: TestContext, options: FixtureOptions = {}): Promise<Fixture> {
  const store = new RecordingStore();
  const events = new RecordedEvents();
  const spoolDirectory = await temporaryDirectory(t);
  const spool = await openSpool({ directory: spoolDirectory, ...options.spool });
  const { messageOctetsMax = 1024 ** 2, socketPath: path } = options;
  const deliverer = new Deliverer({ store, events, spool, hostname: "mx.example.test", messageOctetsMax });
  const mode = options.socketMode === undefined ? {} : { mode: options.socketMode };
  const server = await serveLmtp({
    endpoint: path === undefined ? { host: "127.0.0.1", port: options.port ?? 0 } : { path, ...mode },
    deliverer,
    events,
    limits: options.limits ?? {},
  });
  t.after(() => server.close());
  const client = async (): Promise<LmtpClient> => {
    const opened = await LmtpClient.connect(server.endpoint);
    t.after(() => opened.socket.destroy());
    return opened;
  };
  const port = "port" in server.endpoint ? server.endpoint.port : 0;
  return { store, events, spool, spoolDirectory, server, port, client };
}

/** A client that sends what it is told, octet for octet. */
export class LmtpClient {
  readonly socket: Socket;
  #received = "";
  #isOver = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      this.#received += text;
      socket.emit("more");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isOver = true;
      socket.emit("more");
    });
  }

  static async connect(options: NetConnectOpts): Promise<LmtpClient> {
    const socket = connect(options);
    const client = new LmtpClient(socket);
    await once(socket, "connect");
    return client;
  }

  send(octets: string | Uint8Array): void {
    this.socket.write(typeof octets === "string" ? Buffer.from(octets, "utf8") : octets);
  }

  /** Sends with regard to backpressure. */
  async pump(octets: Uint8Array): Promise<void> {
    if (!this.socket.write(octets)) await once(this.socket, "drain");
  }

  /** The next line without its end, or what there was when the server hung up. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf("\r\n");
      if (end !== -1) {
        const line = this.#received.slice(0, end);
        this.#received = this.#received.slice(end + 2);
        return line;
      }
      if (this.#isOver) return `(closed)${this.#received}`;
      await once(this.socket, "more");
    }
  }

  /**
   * Plays a dialogue: `C:` lines are sent, `S:` lines are read and must match, where `*` stands for anything.
   *
   * @returns what did not match, as `expected / got`; empty when all did.
   */
  async play(dialogue: string): Promise<string[]> {
    const mismatches: string[] = [];
    for (const step of dialogue.trim().split(/\n */)) {
      const text = step.slice(3);
      if (step.startsWith("C:")) this.send(`${text}\r\n`);
      else {
        const got = await this.line();
        if (!matches(text, got)) mismatches.push(`${text} / ${got}`);
      }
    }
    return mismatches;
  }

  /** Greets, names sender and recipients, and is told to go on with the message. */
  async begin(...recipients: string[]): Promise<void> {
    this.send("LHLO client.example.test\r\nMAIL FROM:<s@example.test>\r\n");
    for (const recipient of recipients) this.send(`RCPT TO:<${recipient}>\r\n`);
    this.send("DATA\r\n");
    for (let line = ""; !line.startsWith("354 "); line = await this.line()) {
      if (/^[(45]/.test(line)) throw new Error(`the transaction did not begin: ${line}`);
    }
  }
}

const matches = (pattern: string, line: string): boolean =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(line);

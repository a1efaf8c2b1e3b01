import type { Socket } from "node:net";
import { plainAddress, type ResolvedRecipient } from "@poplar/maildrop";
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from "smtp-server";
import type { SMTPConnectionOptions } from "smtp-server/lib/smtp-connection.js";
import type { Deliverer } from "./deliverer.ts";
import { LmtpConnection } from "./lmtp-connection.ts";
import { NegativeReply, negativeReplyTo, replyTo } from "./lmtp-reply.ts";
import type { Origin } from "./trace-header.ts";

/** What one LMTP listener allows. */
export interface LmtpLimits {
  readonly connectionsMax: number;
  /** A Unix socket's clients have no address, so this does not bound them. */
  readonly connectionsPerAddressMax: number;
  /** Of one message. RFC 5321 §4.5.3.1.8 asks for 100. */
  readonly recipientsMax: number;
  /** How long a client may be silent. RFC 5321 §4.5.3.2.7 asks for five minutes. */
  readonly idleMsMax: number;
}

const shuttingDown = "4.3.2 Shutting down, try again later";

type Reply = (error?: Error | null, replies?: (string | Error)[]) => void;

/** What a listener is made from. */
export interface LmtpListenerOptions {
  readonly deliverer: Deliverer;
  readonly limits: LmtpLimits;
  /** A client that was turned away at the door. */
  readonly onRefused: (address: string, reason: string) => void;
}

/** LMTP as smtp-server speaks it, with our limits at the door and our delivery behind it. RFC 2033. */
export class LmtpListener extends SMTPServer {
  readonly #deliverer: Deliverer;
  readonly #limits: LmtpLimits;
  readonly #onRefused: LmtpListenerOptions["onRefused"];
  /** Sockets that are open, the half-closed included, with the client's address. */
  readonly #sockets = new Map<Socket, string>();
  /**
   * The recipients of each transaction, by its envelope. Not the library's own list, which drops those named
   * twice: every RCPT that was accepted must have its reply. RFC 2033 §4.2.
   */
  readonly #recipients = new WeakMap<object, ResolvedRecipient[]>();
  #isDraining = false;

  constructor({ deliverer, limits, onRefused }: LmtpListenerOptions) {
    super({
      lmtp: true,
      name: deliverer.hostname,
      heloResponse: "%s",
      // Announced, and held against SIZE of MAIL (RFC 1870 §6.1). 8BITMIME is announced anyway (RFC 6152 §2).
      size: deliverer.messageOctetsMax,
      hideENHANCEDSTATUSCODES: false,
      disabledCommands: ["AUTH", "STARTTLS", "XCLIENT", "XFORWARD", "WIZ", "SHELL", "KILL"],
      disableReverseLookup: true,
      maxCommandLength: 4096,
      socketTimeout: limits.idleMsMax,
      logger: false,
    });
    this.#deliverer = deliverer;
    this.#limits = limits;
    this.#onRefused = onRefused;
    // What a connection breaks off with; the messages that this cost are reported as such.
    this.on("error", () => undefined);
  }

  override connect(socket: Socket, socketOptions?: SMTPConnectionOptions | null): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const refusal = this.#refusalAtDoor(address);
    if (refusal !== undefined) {
      this.#onRefused(address, refusal);
      socket.on("error", () => undefined);
      socket.end("421 4.3.2 Too many connections, try again later\r\n", () => socket.destroy());
      return;
    }
    this.#sockets.set(socket, address);
    socket.once("close", () => this.#sockets.delete(socket));
    const connection = new LmtpConnection(this, socket, socketOptions);
    this.connections.add(connection);
    connection.on("error", (error) => this.emit("error", error));
    connection.init();
  }

  /** Answered at once, so that the greeting goes out before anything can come in. */
  override onConnect(_session: SMTPServerSession, reply: Reply): void {
    reply();
  }

  override onMailFrom(_address: SMTPServerAddress, _session: SMTPServerSession, reply: Reply): void {
    if (this.#isDraining) reply(new NegativeReply(421, shuttingDown));
    else reply();
  }

  override onRcptTo({ address }: SMTPServerAddress, session: SMTPServerSession, reply: Reply): void {
    const recipients = this.#recipientsOf(session);
    if (recipients.length >= this.#limits.recipientsMax) {
      // RFC 5321 §4.5.3.1.10.
      reply(new NegativeReply(452, "4.5.3 Too many recipients"));
      return;
    }
    void this.#deliverer.resolve(originOf(session), address).then((resolved) => {
      if ("refusal" in resolved) return reply(negativeReplyTo(resolved.refusal));
      recipients.push(resolved);
      return reply();
    });
  }

  override onData(stream: SMTPServerDataStream, session: SMTPServerSession, reply: Reply): void {
    const origin = originOf(session);
    void this.#deliverer.deliver(origin, this.#recipientsOf(session), stream).then((outcomes) => {
      reply(
        null,
        outcomes.map((outcome) => replyTo(outcome, origin.id)),
      );
      if (this.#isDraining) this.#hangUpIdle();
    });
  }

  /**
   * Lets the transactions under way end, at most for so long, and then hangs up. @returns how many it cut.
   */
  async drain(limitMs: number): Promise<number> {
    let cut = 0;
    const timer = setTimeout(() => {
      cut = this.#cut();
    }, limitMs);
    this.#isDraining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.#hangUpIdle();
    await closed;
    clearTimeout(timer);
    return cut;
  }

  #cut(): number {
    const cut = this.connections.size;
    for (const connection of this.connections) connection.send(421, shuttingDown);
    for (const socket of this.#sockets.keys()) socket.destroy();
    return cut;
  }

  #hangUpIdle(): void {
    for (const connection of this.connections) {
      if (connection.session.envelope.mailFrom === false) connection.send(421, shuttingDown);
    }
  }

  #refusalAtDoor(address: string): string | undefined {
    if (this.#sockets.size >= this.#limits.connectionsMax) return "too-many-connections";
    if (address === "") return undefined;
    let fromAddress = 0;
    for (const other of this.#sockets.values()) if (other === address) fromAddress += 1;
    return fromAddress >= this.#limits.connectionsPerAddressMax
      ? "too-many-connections-of-address"
      : undefined;
  }

  #recipientsOf(session: SMTPServerSession): ResolvedRecipient[] {
    const known = this.#recipients.get(session.envelope);
    if (known !== undefined) return known;
    const recipients: ResolvedRecipient[] = [];
    this.#recipients.set(session.envelope, recipients);
    return recipients;
  }
}

function originOf(session: SMTPServerSession): Origin {
  const { mailFrom, smtpUtf8 } = session.envelope;
  return {
    sessionId: session.id,
    id: `${session.id}.${session.transaction}`,
    reversePath: mailFrom === false ? "" : mailFrom.address,
    protocol: smtpUtf8 === true ? "UTF8LMTP" : "LMTP",
    isSmtpUtf8: smtpUtf8 === true,
    client: { name: session.hostNameAppearsAs, address: session.remoteAddress || undefined },
  };
}

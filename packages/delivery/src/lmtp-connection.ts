/* oxlint-disable no-underscore-dangle -- the names of the library */
import { isUtf8 } from "node:buffer";
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";
import { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import { DataDecoder } from "./data-decoder.ts";
import { flawOf } from "./lmtp-parameters.ts";
import type { NegativeReply } from "./lmtp-reply.ts";

type ParsedAddress = ReturnType<SMTPConnection["_parseAddressCommand"]>;
type Parsed = Exclude<ParsedAddress, false>;

/** More than the 256 that RFC 5321 §4.5.3.1.3 asks for, and still one line of a trace header. */
const pathOctetsMax = 512;

/** `MAIL FROM:<path> parameters`, where a quoted local part may hold anything. RFC 5321 §4.1.1.2, §4.1.2. */
const ADDRESS_COMMAND = /^([^:]*:\s*)<((?:"(?:[^"\\]|\\.)*"|[^"<>])*)>(.*)$/s;

/**
 * A connection of smtp-server, where it must be stricter or quicker than the library. ADR 0010 gives the
 * reason for each method here; the version of the library is pinned, and the compiler sees when one of them
 * is gone.
 */
export class LmtpConnection extends SMTPConnection {
  /** Of the MAIL or RCPT that was parsed last, and is carried out next. */
  #flaw: NegativeReply | undefined;

  /** Greets at once: the library waits 100 ms for spammers who talk too soon, and no spammer speaks LMTP. */
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }

  override _createParser(): SMTPStream {
    const parser = new LmtpStream({ maxCommandLength: this._server.options.maxCommandLength });
    parser.oncommand = (command, callback) => this._onCommand(command, callback);
    parser.on("error", () => this.send(421, "4.5.2 Command line too long"));
    return parser;
  }

  /** A text that begins with an enhanced status code gets no second one. RFC 2034 §4. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const isComplete = typeof data === "string" && /^[245]\.\d{1,3}\.\d{1,3} /.test(data);
    super.send(code, data, isComplete ? false : context);
  }

  /** The address as it stands on the wire, quoted or not: the library refuses some and rewrites others. */
  override _parseAddressCommand(rawName: string, rawCommand: Buffer | string): ParsedAddress {
    const parts = ADDRESS_COMMAND.exec(rawCommand.toString());
    if (parts === null || (typeof rawCommand !== "string" && !isUtf8(rawCommand))) return false;
    const [, command, path = "", parameters] = parts;
    const parsed = super._parseAddressCommand(rawName, `${command}<any@example.test>${parameters}`);
    // A source route is accepted and ignored. RFC 5321 §4.1.1.3, appendix C.
    const address = path.replace(/^@[^:]*:/, "");
    if (parsed === false || /\p{Cc}/u.test(address) || Buffer.byteLength(address) > pathOctetsMax)
      return false;
    this.#flaw = flawOf({
      command: rawName,
      address,
      parameters: Object.keys(parsed.args || {}),
      isSmtpUtf8: this.#isSmtpUtf8(rawName, parsed),
    });
    return { ...parsed, address };
  }

  /** The first thing that the library does with what was parsed. It ignores what it does not know. */
  override _rejectInvalidParams(parsed: Parsed, keys: string[], callback: () => void): boolean {
    if (super._rejectInvalidParams(parsed, keys, callback)) return true;
    if (this.#flaw === undefined) return false;
    this.send(this.#flaw.responseCode, this.#flaw.message);
    callback();
    return true;
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    if (!this.#refusesArgument(command, callback)) super.handler_DATA(command, callback);
  }

  override handler_RSET(command: Buffer, callback: () => void): void {
    if (!this.#refusesArgument(command, callback)) super.handler_RSET(command, callback);
  }

  override handler_QUIT(command: Buffer, callback: () => void): void {
    if (!this.#refusesArgument(command, callback)) super.handler_QUIT(command, callback);
  }

  /** RFC 5321 §4.1.1: these commands have none, and one that has is refused. */
  #refusesArgument(command: Buffer, callback: () => void): boolean {
    const [verb, argument] = command.toString().trim().split(/ +/);
    if (argument === undefined) return false;
    this.send(501, `5.5.4 Error: ${verb?.toUpperCase()} takes no argument`);
    callback();
    return true;
  }

  #isSmtpUtf8(command: string, { args }: Parsed): boolean {
    if (command === "mail from") return "SMTPUTF8" in (args || {});
    const { mailFrom, smtpUtf8 } = this.session.envelope;
    return mailFrom === false || smtpUtf8 === true;
  }
}

/** The parser of smtp-server with the DATA phase replaced. */
class LmtpStream extends SMTPStream {
  #decoder = new DataDecoder();

  override startDataMode(maxBytes?: number | string | null): ReturnType<SMTPStream["startDataMode"]> {
    this.#decoder = new DataDecoder();
    return super.startDataMode(maxBytes);
  }

  override _feedDataStream(chunk: Buffer, done: (error?: Error | null) => void): void {
    const { content, end } = this.#decoder.decode(chunk);
    this._countDataBytes(content.length);
    if (end !== undefined) {
      this._endDataMode(content, chunk.subarray(end), done);
      return;
    }
    const stream = this._dataStream;
    if (stream === null || !stream.writable || stream.write(content)) {
      done();
      return;
    }
    // Backpressure, up to the socket. A stream that is destroyed never drains.
    const goOn = (): void => {
      stream.off("drain", goOn);
      stream.off("close", goOn);
      done();
    };
    stream.on("drain", goOn);
    stream.on("close", goOn);
  }
}

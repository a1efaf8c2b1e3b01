/* oxlint-disable no-underscore-dangle -- the names of the library */
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";
import { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import { DataDecoder } from "./data-decoder.ts";

type ParsedAddress = ReturnType<SMTPConnection["_parseAddressCommand"]>;

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
    if (parts === null) return false;
    const [, command, path = "", parameters] = parts;
    const parsed = super._parseAddressCommand(rawName, `${command}<any@example.test>${parameters}`);
    // A source route is accepted and ignored. RFC 5321 §4.1.1.3, appendix C.
    const address = path.replace(/^@[^:]*:/, "");
    if (parsed === false || /\p{Cc}/u.test(address) || Buffer.byteLength(address) > pathOctetsMax)
      return false;
    return { ...parsed, address };
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

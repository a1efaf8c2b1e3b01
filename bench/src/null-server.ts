import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { contentOf, traceOf } from "./mail-seed.ts";

/** What a null server is told by the process that starts it; it answers with `"ready"`. */
export interface NullSetup {
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly cert: string;
  readonly key: string;
  /** Every maildrop holds so many messages of so many octets. */
  readonly messages: number;
  readonly octets: number;
}

const OK = Buffer.from("+OK\r\n");

/**
 * Canned answers, no mail store, no password: what Node, the kernel and the generator cost when a server does
 * nothing. Listens on loopback until its parent lets go of it.
 */
function serve({ pop3Port, pop3sPort, cert, key, ...mail }: NullSetup): void {
  const answers = answersOf(mail);
  const take = (socket: Socket): void => converse(socket, answers);
  const tls = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, take);
  createServer(take).listen(pop3Port, "127.0.0.1", 4096, () => {
    tls.listen(pop3sPort, "127.0.0.1", 4096, () => process.send?.("ready"));
  });
}

function answersOf({
  messages,
  octets,
}: Pick<NullSetup, "messages" | "octets">): ReadonlyMap<string, Buffer> {
  const message = traceOf(1) + contentOf(octets);
  const numbers = Array.from({ length: messages }, (_, index) => index + 1);
  const multiLine = (lines: readonly string[]): Buffer =>
    Buffer.from(`+OK\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n`);
  return new Map([
    ["CAPA", multiLine(["PIPELINING", "UIDL", "TOP", "USER"])],
    ["STAT", Buffer.from(`+OK ${messages} ${messages * message.length}\r\n`)],
    ["LIST", multiLine(numbers.map((number) => `${number} ${message.length}`))],
    ["UIDL", multiLine(numbers.map((number) => `${number} ${String(number).padStart(16, "0")}`))],
    ["RETR", Buffer.from(`+OK\r\n${message.replaceAll("\r\n.", "\r\n..")}.\r\n`)],
    ["TOP", Buffer.from(`+OK\r\n${message.slice(0, message.indexOf("\r\n\r\n") + 4)}.\r\n`)],
  ]);
}

function converse(socket: Socket, answers: ReadonlyMap<string, Buffer>): void {
  let rest = "";
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.write(OK);
  socket.on("data", (chunk) => {
    const lines = (rest + chunk.toString("latin1")).split("\r\n");
    rest = lines.pop() ?? "";
    const replies = lines.map((line) => answers.get(line.split(" ", 1)[0] ?? "") ?? OK);
    const [only] = replies;
    if (only !== undefined) socket.write(replies.length === 1 ? only : Buffer.concat(replies));
    if (lines.at(-1) === "QUIT") socket.end();
  });
}

process.once("message", (setup: NullSetup) => serve(setup));
process.once("disconnect", () => process.exit());

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type PopUrl, type PopUrlFlaw, parsePopUrl } from "@poplar/protocol";
import type { Command } from "commander";
import { count, examples } from "../arguments.ts";
import { type FetchTls, fetchMail } from "../fetch/fetch-mail.ts";
import { readPassword } from "../read-password.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";

const pop3sPort = 995;

const FLAWS: Readonly<Record<PopUrlFlaw, string>> = {
  scheme: "it begins with something else than pop://",
  password: "it holds a password, which everybody would see: pipe it in",
  name: "the name is not one: an @ in it is written %40",
  authentication: "what stands behind ;AUTH= is no mechanism",
  host: "it names no host",
  port: "the port is none",
  path: "something stands behind the host and the port",
};

interface FetchFlags {
  readonly passwordStdin?: true;
  readonly tls?: string;
  readonly ca?: string;
  readonly insecure?: true;
  readonly messages: number;
  readonly print?: true;
}

/** `poplar fetch URL` */
export function addFetchCommand(program: Command, tools: Tools): void {
  program
    .command("fetch")
    .description("go through a POP3 session as a client does, and time each step; deletes nothing")
    .argument("<url>", "pop://name@host:port; an @ in the name is %40; ;AUTH=+APOP, PLAIN or * behind it")
    .option("--password-stdin", "read the password from standard input")
    .option("--tls <when>", "starttls, implicit or none (default: implicit on port 995, else starttls)")
    .option("--ca <file>", "certificates of the authorities to believe, in PEM")
    .option("--insecure", "believe any certificate")
    .option("--messages <count>", "retrieve the newest so many", count, 3)
    .option("--print", "print the messages instead of the times")
    .addHelpText(
      "after",
      examples(
        "poplar fetch pop://alice%40example.test@mail.example.test",
        "poplar fetch --tls none --password-stdin pop://demo%40example.test@127.0.0.1:1110 < password",
      ),
    )
    .action(async (text: string, flags: FetchFlags) => {
      const url = urlOf(text);
      const password = await readPassword({ isFromStdin: flags.passwordStdin === true, isKnown: true });
      const request = {
        url,
        password,
        tls: tlsOf(flags.tls, url),
        trust: {
          rejectUnauthorized: flags.insecure !== true,
          ...(isIP(url.host) !== 0 && { servername: "" }),
          ...(flags.ca !== undefined && { ca: readFileSync(flags.ca) }),
        },
        messagesMax: flags.messages,
      };
      const steps = await fetchMail(request, ({ lines }) => {
        if (flags.print === true) for (const line of lines) process.stdout.write(line);
      });
      if (flags.print === true) return;
      tools.printer.table(
        steps,
        [
          ["STEP", ({ step }) => step],
          ["MS", ({ ms }) => ms],
          ["OCTETS", ({ octets }) => octets ?? ""],
          ["ANSWER", ({ outcome }) => outcome],
        ],
        "",
      );
    });
}

function urlOf(text: string): PopUrl {
  const url = parsePopUrl(text);
  if (typeof url !== "string") return url;
  throw new Refusal("usage", "url-wrong", `That is no POP URL: ${FLAWS[url]}.`);
}

function tlsOf(text: string | undefined, { port }: PopUrl): FetchTls {
  if (text === undefined) return port === pop3sPort ? "implicit" : "starttls";
  if (text === "starttls" || text === "implicit" || text === "none") return text;
  throw new Refusal("usage", "tls-wrong", "TLS begins by starttls, is implicit, or there is none.");
}

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { type PopUrl, type PopUrlFlaw, parsePopUrl } from "@poplar/protocol";
import type { Command } from "commander";
import { readPassword } from "../read-password.ts";
import { Refusal } from "../refusal.ts";

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

/** When TLS begins; `none` for a server on the same machine or in a closed network. */
export type FetchTls = "starttls" | "implicit" | "none";

/** A POP server, and how to get in. */
export interface PopTarget {
  readonly url: PopUrl;
  readonly password: string;
  readonly tls: FetchTls;
  /** How to check the server's certificate. */
  readonly trust: ConnectionOptions;
}

/** The flags that `addPopFlags` adds. */
export interface PopFlags {
  readonly passwordStdin?: true;
  readonly tls?: string;
  readonly ca?: string;
  readonly insecure?: true;
}

/** Flags for a command that talks to a POP server. */
export const addPopFlags = (command: Command): Command =>
  command
    .argument("<url>", "pop://name@host:port; an @ in the name is %40; ;AUTH=+APOP, PLAIN or * behind it")
    .option("--password-stdin", "read the password from standard input")
    .option("--tls <when>", "starttls, implicit or none (default: implicit on port 995, else starttls)")
    .option("--ca <file>", "certificates of the authorities to believe, in PEM")
    .option("--insecure", "believe any certificate");

/** What the flags mean; asks for the password. */
export async function popTarget(text: string, flags: PopFlags): Promise<PopTarget> {
  const url = urlOf(text);
  const password = await readPassword({ isFromStdin: flags.passwordStdin === true, isKnown: true });
  return {
    url,
    password,
    tls: tlsOf(flags.tls, url),
    trust: {
      rejectUnauthorized: flags.insecure !== true,
      ...(isIP(url.host) !== 0 && { servername: "" }),
      ...(flags.ca !== undefined && { ca: readFileSync(flags.ca) }),
    },
  };
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

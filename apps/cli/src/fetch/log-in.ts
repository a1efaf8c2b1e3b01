import { createHash } from "node:crypto";
import type { PopUrl } from "@poplar/protocol";
import { Refusal } from "../refusal.ts";
import type { PopClient } from "./pop-client.ts";

/** Who logs in, and on what. */
export interface Entry {
  readonly url: PopUrl;
  readonly password: string;
  readonly greeting: string;
  /** What was sent so far, and will be, nobody can listen to. */
  readonly isSecret: boolean;
}

/**
 * Logs in as the URL says (RFC 2384 §4); `;AUTH=*` chooses APOP where the password would travel in clear.
 *
 * @returns how.
 */
export async function logIn(client: PopClient, entry: Entry): Promise<string> {
  const { url, isSecret } = entry;
  const { authentication } = url;
  if (authentication === undefined) return byPassword(client, entry);
  if (authentication.way === "any") return isSecret ? byPassword(client, entry) : byApop(client, entry);
  if (authentication.way === "command" && authentication.command === "APOP") return byApop(client, entry);
  if (authentication.way === "sasl" && authentication.mechanism === "PLAIN") return byPlain(client, entry);
  throw new Refusal(
    "usage",
    "mechanism-unknown",
    "This client logs in by USER and PASS, ;AUTH=+APOP, ;AUTH=PLAIN or ;AUTH=*.",
  );
}

async function byPassword(client: PopClient, { url, password }: Entry): Promise<string> {
  await client.command(`USER ${nameIn(url)}`);
  await client.command(`PASS ${password}`);
  return "USER";
}

/** RFC 1939 §7. */
async function byApop(client: PopClient, { url, password, greeting }: Entry): Promise<string> {
  const timestamp = /<[^>]+@[^>]+>/.exec(greeting)?.[0];
  if (timestamp === undefined) {
    throw new Refusal(
      "refused",
      "apop-unavailable",
      "The server offers no APOP: its greeting has no timestamp.",
    );
  }
  const digest = createHash("md5").update(timestamp).update(password).digest("hex");
  await client.command(`APOP ${nameIn(url)} ${digest}`);
  return "APOP";
}

/** RFC 4616. */
async function byPlain(client: PopClient, { url, password }: Entry): Promise<string> {
  await client.command(`AUTH PLAIN ${Buffer.from(`\0${nameIn(url)}\0${password}`).toString("base64")}`);
  return "PLAIN";
}

function nameIn({ name }: PopUrl): string {
  if (name !== undefined) return name;
  throw new Refusal("usage", "name-missing", "The URL names nobody: pop://alice%40example.test@host.");
}

import type { GssFlag, KerberosClient } from "@poplar/testkit";
import type { LabClient } from "../server/lab-client.ts";

const NO_LAYER = Uint8Array.of(1, 0, 0, 0);

export interface GssapiChoice {
  /** The service that the ticket is for: `pop@localhost`, unless something else is said. */
  readonly target?: string;
  readonly flags?: readonly GssFlag[];
  /** What the login is bound to, as RFC 5056 §2.1 writes it: type, colon, octets. */
  readonly bound?: Uint8Array;
}

const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString("base64");

/** Logs in by SASL GSSAPI, without a layer. RFC 4752 §3.1. @returns the last reply of the server. */
export async function logInByGssapi(
  client: LabClient,
  kerberos: KerberosClient,
  { target = "pop@localhost", flags = ["mutual"], bound }: GssapiChoice = {},
): Promise<string> {
  let reply = await client.ask("AUTH GSSAPI");
  let step = await kerberos.initiate(target, flags, bound);
  for (;;) {
    if (!reply.startsWith("+ ")) return reply;
    reply = await client.ask(base64(step.token));
    if (step.isDone) break;
    if (!reply.startsWith("+ ")) return reply;
    step = await kerberos.answer(Buffer.from(reply.slice(2), "base64"));
  }
  if (!reply.startsWith("+ ")) return reply;
  await kerberos.unwrap(Buffer.from(reply.slice(2), "base64"));
  return client.ask(base64(await kerberos.wrap(NO_LAYER)));
}

import { LabClient } from "../server/lab-client.ts";

/** One frame of a KPOP handshake, as krb5_sendauth writes it; one character per octet. */
export function frame(octets: string, length: number = octets.length): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length);
  return head.toString("latin1") + octets;
}

export const VERSIONS: string = frame("KRB5_SENDAUTH_V1.0\0") + frame("KPOPV1.0\0");

/** Everything that a client says before POP, in one segment. */
export const handshake = (apReq: Uint8Array): string =>
  VERSIONS + frame(Buffer.from(apReq).toString("latin1"));

/** Connects, says something and closes its side. @returns all that the server answers. */
export async function say(port: number, octets: string): Promise<string> {
  using client = await LabClient.connect(port);
  client.send(octets);
  client.socket.end();
  return await client.rest();
}

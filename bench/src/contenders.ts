import { startDovecot } from "./dovecot-under-test.ts";
import { idleOctets } from "./idle.ts";
import { startPoplar } from "./poplar-under-test.ts";
import { pin, serverCore } from "./process-tree.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import type { KeyKind } from "./tls-certificate.ts";

/** A server that has a column of its own. */
export interface Contender {
  readonly name: string;
  /** So many connections that they outweigh what else memory does. */
  readonly idleConnections: number;
  /** @param hasCheapPasswords first logins cost little: what they open counts, not they. */
  start(logins: number, hasCheapPasswords: boolean): Promise<ServerUnderTest>;
}

/** What all contenders are given. */
export interface ContenderOptions {
  readonly keyKind: KeyKind;
  /** A folder for Poplar's CPU profiles. */
  readonly profileDir?: string | undefined;
}

export const poplar = ({ keyKind, profileDir }: ContenderOptions): Contender => ({
  name: "Poplar",
  idleConnections: 4000,
  start: async (logins, hasCheapPasswords) => startPoplar({ logins, keyKind, hasCheapPasswords, profileDir }),
});

/** A process for each connection: fewer of them show as much. */
export const dovecot = ({ keyKind }: ContenderOptions): Contender => ({
  name: "Dovecot, tuned",
  idleConnections: 400,
  start: async (logins, hasCheapPasswords) => startDovecot({ logins, keyKind, hasCheapPasswords }),
});

/** Starts it on the core of the servers. */
export async function startPinned(
  contender: Contender,
  logins: number,
  hasCheapPasswords: boolean,
): Promise<ServerUnderTest> {
  const server = await contender.start(logins, hasCheapPasswords);
  for (const pid of server.parts.values()) pin(pid, serverCore);
  return server;
}

/** Octets that an idle connection costs a server that has done nothing else. */
export async function idleOctetsOf(contender: Contender, isTls: boolean): Promise<number> {
  const { idleConnections } = contender;
  await using server = await startPinned(contender, idleConnections, true);
  return await idleOctets(server, isTls, idleConnections);
}

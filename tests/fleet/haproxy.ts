import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Scope } from "@poplar/lease/testing";
import { freePort, until } from "@poplar/testkit";

const shipped = new URL("../../infra/haproxy/haproxy.cfg", import.meta.url);

/**
 * Where HAProxy comes from: front ends expect the PROXY protocol of this address, and not of tests beside it.
 */
export const HAPROXY_ADDRESS = "127.0.0.2";

/** A server behind HAProxy. */
export interface BackendServer {
  readonly name: string;
  readonly port: number;
  /** Where `/health/ready` is. */
  readonly healthPort: number;
}

/** A section of the shipped configuration, by the port that it binds there. */
export type HaproxySection = "pop3" | "lmtp";

/** Runs the shipped configuration, with other addresses. @returns the port of each section. */
export async function startHaproxy(
  scope: Scope,
  servers: Readonly<Record<HaproxySection, readonly BackendServer[]>>,
): Promise<Readonly<Record<HaproxySection, number>>> {
  const ports = { pop3: await freePort(), lmtp: await freePort() };
  const folder = await mkdtemp(join(tmpdir(), "poplar-haproxy-"));
  scope.after(async () => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "haproxy.cfg");
  await writeFile(file, withAddresses(await readFile(shipped, "utf8"), servers, ports));

  const child = spawn("haproxy", ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  await once(child, "spawn");
  scope.after(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  });
  await until("HAProxy answers", () => {
    if (child.exitCode !== null) throw new Error(`haproxy does not start:\n${complaints}`);
    return answers(ports.pop3);
  });
  return ports;
}

/**
 * Everything stays as it is shipped, but for addresses and the number of connections that this host may not
 * allow.
 */
function withAddresses(
  configuration: string,
  servers: Readonly<Record<HaproxySection, readonly BackendServer[]>>,
  ports: Readonly<Record<HaproxySection, number>>,
): string {
  const [head = "", ...sections] = configuration.split(/^(?=(?:frontend|backend) )/m);
  let text = head.replace(/maxconn \d+/, "maxconn 2000");
  for (const section of sections) {
    const name = /^\w+ (\w+)/.exec(section)?.[1];
    if (name !== "pop3" && name !== "lmtp") continue;
    text += section
      .replace(/^ {4}bind .*$/m, `    bind 127.0.0.1:${ports[name]}`)
      .replaceAll(/^ {4}server .*\n/gm, "");
    if (section.startsWith("frontend")) continue;
    for (const server of servers[name]) {
      const address = `127.0.0.1:${server.port} source ${HAPROXY_ADDRESS}`;
      text += `    server ${server.name} ${address} port ${server.healthPort}\n`;
    }
  }
  return text;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return isConnected;
}

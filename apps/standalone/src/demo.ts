import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  addDomain,
  addLogin,
  deliverMessage,
  isOperationFault,
  type OperationPorts,
} from "@poplar/operations";
import { demoMessages } from "./demo-messages.ts";

/** A login to try the server with. */
export interface Demo {
  readonly login: string;
  readonly password: string;
}

const domain = "example.test";
const login = `demo@${domain}`;

/**
 * Makes the demo login with its mail at the first start, and finds it again later.
 *
 * @returns `undefined` when the login is there and its password is not known (any more).
 */
export async function openDemo(ports: OperationPorts, dataDir: string): Promise<Demo | undefined> {
  const file = join(dataDir, "demo-password");
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return { login, password: known.trim() };
  const password = randomBytes(9).toString("base64url");
  const isMade = await makeLogin(ports, password);
  if (!isMade) return undefined;
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  for (const message of demoMessages(login)) await deliver(ports, message);
  return { login, password };
}

async function makeLogin(ports: OperationPorts, password: string): Promise<boolean> {
  const made = await addDomain.run(ports, { name: domain });
  if (isOperationFault(made) && made.operationFault !== "already-exists") throw new Error(made.message);
  const added = await addLogin.run(ports, { name: login, password });
  if (isOperationFault(added) && added.operationFault !== "already-exists") throw new Error(added.message);
  return !isOperationFault(added);
}

async function deliver(ports: OperationPorts, message: string): Promise<void> {
  const reversePath = `postmaster@${domain}`;
  const outcome = await deliverMessage.run(ports, {
    recipient: login,
    reversePath,
    source: octetsOf(message),
  });
  if (isOperationFault(outcome)) throw new Error(outcome.message);
}

async function* octetsOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, type TestContext, test } from "node:test";
import { WireEncoder } from "@poplar/protocol";
import { embeddedPostgresUrl, openStorage, type Storage } from "@poplar/storage";
import { deafEvents, silentLog } from "@poplar/storage/testing";
import { freePorts } from "@poplar/testkit";
import { Standalone } from "../fixtures/standalone.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/operating/earlier-versions.md"), "utf8");

/** The blocks of one kind, each with the heading that it stands under. */
function blocksOf(kind: string): readonly { readonly heading: string; readonly text: string }[] {
  return page.split(/^##? /m).flatMap((section) =>
    [...section.matchAll(new RegExp(`^\`\`\`${kind}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => ({
      heading: section.split("\n", 1)[0] ?? "",
      text,
    })),
  );
}

const MESSAGES = blocksOf("message").map(({ text }) => Buffer.from(text));
const PEOPLE = ["alice@example.test", "news@example.test"];

let folder: string;
let server: Standalone;
let storage: Storage;
let ports: Readonly<Record<string, number>>;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "poplar-earlier-"));
  const config = join(folder, "poplar.yaml");
  const [settings] = blocksOf("yaml");
  assert.ok(settings !== undefined);
  // The networks of the page are those of examples; the client here is on this host.
  await writeFile(config, settings.text.replaceAll(/192\.0\.2\.[07]/g, "127.0.0.1").replaceAll("/24", "/32"));
  const [pop2 = 0, pop1 = 0] = await freePorts(2);
  const own = [`--pop2-port=${pop2}`, `--pop1-port=${pop1}`, "--hostname=mail.example.test"];
  server = await Standalone.start({ flags: [`--config=${config}`, ...own] });
  ports = { 109: pop2, 1090: pop1, 110: server.ports.pop3 };
  const connection = await embeddedPostgresUrl(server.dataDir);
  assert.ok(connection !== undefined);
  storage = await openStorage({ connection, log: silentLog, events: deafEvents });
  await server.call("POST", "/domains", { name: "example.test" });
});
after(async () => {
  await storage?.close();
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Makes the logins anew, each with the messages of the page and nothing before them. */
async function afresh(): Promise<void> {
  for (const name of PEOPLE) {
    const path = `/logins/${encodeURIComponent(name)}`;
    await server.call("DELETE", `${path}?fate=purge`).catch(() => undefined);
    await server.call("POST", "/logins", { name, password: "secret" });
    await server.call("PUT", `${path}/restrictions`, { mechanisms: ["USER", "RPOP"] });
    for (const message of MESSAGES) await store(name, message);
  }
}

async function store(name: string, message: Uint8Array): Promise<void> {
  const resolved = await storage.deliveries.resolveRecipient(name);
  assert.ok(!("deliveryFault" in resolved));
  const encoder = new WireEncoder();
  const slices = [...encoder.encode(message), ...encoder.finish()];
  const { octets, headerWireOctets, wireOctets } = encoder;
  const content = { octets, headerWireOctets, wireOctets, slices: () => slices };
  const copies = [{ resolved, traceHeader: new Uint8Array() }];
  const [outcome] = await storage.deliveries.deliver({ reversePath: "", copies, content });
  assert.equal(typeof outcome, "number");
}

/** A terminal in which `nc` runs. */
class Terminal {
  readonly #nc: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string) {
    const line = command.replace(
      /mail\.example\.test (\d+)$/,
      (_, port: string) => `127.0.0.1 ${ports[port]}`,
    );
    this.#nc = spawn("sh", ["-c", `exec ${line}`]);
    this.#nc.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#nc.stdout })[Symbol.asyncIterator]();
  }

  type(line: string): void {
    this.#nc.stdin.write(`${line}\n`);
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    return next.done === true ? "(closed)" : next.value;
  }

  /** Nothing more comes, and `nc` has ended. */
  async end(): Promise<void> {
    this.#nc.stdin.end();
    assert.equal(await this.line(), "(closed)");
    if (this.#nc.exitCode === null) await once(this.#nc, "exit");
  }

  kill(): void {
    this.#nc.kill();
  }
}

const STEP = /^(?<terminal>2> )?(?<by>[CS]):(?: (?<text>.*))?$/;

async function play(t: TestContext, transcript: string): Promise<void> {
  const terminals = new Map<string, Terminal>();
  t.after(() => {
    for (const terminal of terminals.values()) terminal.kill();
  });
  for (const line of transcript.trimEnd().split("\n")) {
    const step = STEP.exec(line)?.groups;
    assert.ok(step !== undefined, line);
    const { terminal: name = "", by, text = "" } = step;
    const terminal = terminals.get(name);
    if (text.startsWith("nc ")) {
      await terminal?.end();
      terminals.set(name, new Terminal(text));
    } else if (by === "C") terminal?.type(text);
    else assert.equal(await terminal?.line(), text, line);
  }
  for (const terminal of terminals.values()) await terminal.end();
}

for (const [index, { heading, text }] of blocksOf("nc").entries()) {
  test(`by hand, with netcat: ${heading} goes as the page has it (${index + 1})`, async (t) => {
    await afresh();
    await play(t, text);
  });
}

test("the page has a session for each thing that it is about", () => {
  const headings = blocksOf("nc").map(({ heading }) => heading);
  assert.deepEqual(
    headings.map((heading) => heading.split(" ")[0]),
    ["POP2", "POP1", "LAST", "RPOP", "XTND"],
  );
});

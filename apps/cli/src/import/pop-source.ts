import { logIn } from "../fetch/log-in.ts";
import { PopClient } from "../fetch/pop-client.ts";
import type { PopTarget } from "../fetch/pop-target.ts";
import { Refusal } from "../refusal.ts";
import type { MailSource, SourceMessage } from "./mail-source.ts";
import { DistinctIds, uniqueIdFrom } from "./unique-id.ts";

/** Logs in on a POP server and lists what is there. Deletes nothing. */
export async function openPop(target: PopTarget): Promise<MailSource> {
  const client = await enter(target);
  try {
    return new PopSource(client, await listingOf(client), target.url.host);
  } catch (err) {
    client[Symbol.dispose]();
    throw err;
  }
}

async function enter({ url, password, tls, trust }: PopTarget): Promise<PopClient> {
  const certificate = { servername: url.host, ...trust };
  const client = await PopClient.connect(url.host, url.port, tls === "implicit" ? certificate : undefined);
  try {
    const greeting = await client.status();
    if (tls === "starttls") {
      await client.command("STLS");
      await client.startTls(certificate);
    }
    await logIn(client, { url, password, greeting, isSecret: tls !== "none" });
    return client;
  } catch (err) {
    client[Symbol.dispose]();
    throw err;
  }
}

/** Message numbers and unique-ids, in order. RFC 1939 §7. */
async function listingOf(client: PopClient): Promise<readonly (readonly [number, string])[]> {
  const { lines } = await client.listing("UIDL").catch((err: unknown) => {
    if (!(err instanceof Refusal) || err.code !== "server-refused") throw err;
    throw new Refusal(
      "refused",
      "no-uidl",
      `${err.message}. Without UIDL nobody knows what was imported before.`,
    );
  });
  return lines.flatMap((line) => {
    const [, number, uniqueId = ""] = /^(\d+) (.+?)\s*$/.exec(line.toString("latin1")) ?? [];
    return number === undefined ? [] : [[Number(number), uniqueId] as const];
  });
}

class PopSource implements MailSource {
  readonly rule = "pop";
  readonly unit = "messages";
  readonly weight: number;
  readonly #client: PopClient;
  readonly #listing: readonly (readonly [number, string])[];
  readonly #host: string;
  /** Until what was asked for before has come: a session is one conversation. */
  #idle: Promise<void> = Promise.resolve();

  constructor(client: PopClient, listing: readonly (readonly [number, string])[], host: string) {
    this.#client = client;
    this.#listing = listing;
    this.#host = host;
    this.weight = listing.length;
  }

  async *messages(): AsyncGenerator<SourceMessage, void, undefined> {
    const distinct = new DistinctIds();
    for (const [number, listed] of this.#listing) {
      const uniqueId = distinct.next(uniqueIdFrom(listed));
      yield {
        name: `message ${number} of ${this.#host}`,
        uniqueId,
        isKept: uniqueId === listed,
        weight: 1,
        open: () => this.#retrieve(number),
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#idle;
    await this.#client.command("QUIT").catch(() => undefined);
    this.#client[Symbol.dispose]();
  }

  async *#retrieve(number: number): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#idle;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = promise;
    const message = this.#client.message(`RETR ${number}`);
    try {
      for (let next = await message.next(); next.done !== true; next = await message.next()) yield next.value;
    } finally {
      // Whoever wants no more of it leaves the rest in the way of the next answer.
      try {
        while ((await message.next()).done !== true);
      } finally {
        resolve();
      }
    }
  }
}

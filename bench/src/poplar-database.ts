import { DEFAULT_HASH_COST, type HashCost, hashPassword } from "@poplar/auth";
import { isRegistryFault } from "@poplar/maildrop";
import { openStorage } from "@poplar/storage";
import { deafEvents, silentLog } from "@poplar/storage/testing";
import pg from "pg";
import type { Mail } from "./mail-seed.ts";
import { password, userOf } from "./server-under-test.ts";
import { storeMail } from "./store-mail.ts";

const domain = "bench.test";

/** The login and the address of a number. */
export const nameOf = (number: number): string => `${userOf(number)}@${domain}`;

/** The same for `popload`. */
export const namePattern = `user%06d@${domain}`;

/** Checked in no time: for curves and memory, where it is not the hashing that counts. */
const cheapHashCost: HashCost = { memoryKib: 8, passes: 1, lanes: 1 };

/** What the bench does in Poplar's database beside the servers. */
export class PoplarDatabase {
  readonly #connection: string;

  constructor(connection: string) {
    this.#connection = connection;
  }

  /** Through the registry, as an operator would; the one password is hashed once. */
  async addLogins(count: number, hasCheapPasswords: boolean): Promise<void> {
    const cost = hasCheapPasswords ? cheapHashCost : DEFAULT_HASH_COST;
    const passwordVerifier = await hashPassword(password, cost);
    await using storage = await this.#open();
    await storage.registry.addDomain(domain);
    for (let first = 1; first <= count; first += 500) {
      const numbers = Array.from({ length: Math.min(500, count - first + 1) }, (_, index) => first + index);
      const made = await storage.registry.addLogins(
        numbers.map((number) => ({ name: nameOf(number), passwordVerifier, quotaOctets: undefined })),
      );
      if (isRegistryFault(made)) throw new Error(made.registryFault);
    }
  }

  /** Mail as deliveries leave it, and tables as vacuum leaves them. */
  async putMail(mail: Mail): Promise<void> {
    await using storage = await this.#open();
    await storeMail(storage.deliveries, mail, nameOf);
    await this.query("vacuum (analyze) maildrop, message, body");
  }

  /** Fills up to so many maildrops, with rows as `addLogins` makes them; no names have to travel. */
  async addMaildrops(count: number): Promise<void> {
    await this.query(
      `with numbers as (select n from generate_series((select count(*) from maildrop) + 1, $1::bigint) n),
        made as (
          insert into maildrop (name, unique_id_prefix)
          select 'm' || n || '@${domain}', 'p' || n from numbers returning maildrop_id, name
        ),
        logins as (
          insert into login (domain_id, name, maildrop_id)
          select (select domain_id from domain where name = '${domain}'), name, maildrop_id from made
          returning login_id
        ),
        addresses as (
          insert into address (domain_id, local_part, maildrop_id)
          select (select domain_id from domain where name = '${domain}'), split_part(name, '@', 1), maildrop_id from made
        )
      insert into credential (login_id, kind, verifier) select login_id, 'password', 'none' from logins`,
      [count],
      // Foreign keys hold by the way the rows are made, and no login is known yet that had to be touched.
      "-c session_replication_role=replica",
    );
    await this.query("vacuum (analyze) maildrop, login, address, credential");
  }

  /** One statement, on a connection of its own. @param options settings of that connection. */
  async query(
    text: string,
    values: readonly unknown[] = [],
    options?: string,
  ): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.#connection, options });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async #open() {
    const storage = await openStorage({ connection: this.#connection, log: silentLog, events: deafEvents });
    return { ...storage, [Symbol.asyncDispose]: () => storage.close() };
  }
}

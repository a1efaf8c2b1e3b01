import type { RetrievalMarks } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { ExclusiveLanes } from "./lane/exclusive-lanes.ts";
import type { Statement } from "./lane/frontend-message.ts";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { numberAt } from "./lane/value.ts";
import { storageDown } from "./storage-error.ts";

const readMark: Statement = {
  name: "read-retrieval-mark",
  text: "select uid from retrieval_mark join login using (login_id) where name = $1",
};

const writeMark: Statement = {
  name: "write-retrieval-mark",
  text: `insert into retrieval_mark as m (login_id, uid) select login_id, $2 from login where name = $1
    on conflict (login_id) do update set uid = excluded.uid where m.uid < excluded.uid`,
};

/** How far logins have read, in Postgres. */
export class PostgresRetrievalMarks implements RetrievalMarks {
  readonly #lookups: SharedLanes;
  readonly #writes: ExclusiveLanes;

  constructor(lanes: { readonly lookups: SharedLanes; readonly writes: ExclusiveLanes }) {
    this.#lookups = lanes.lookups;
    this.#writes = lanes.writes;
  }

  async read(login: string): Promise<number | Fault> {
    try {
      const [row] = await this.#lookups.run(readMark, [login]);
      return row === undefined ? 0 : numberAt(row, 0);
    } catch (error) {
      return storageDown(error);
    }
  }

  async write(login: string, uid: number): Promise<undefined | Fault> {
    try {
      await this.#writes.run(writeMark, [login, uid]);
      return undefined;
    } catch (error) {
      return storageDown(error);
    }
  }
}

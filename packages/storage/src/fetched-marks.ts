import type { FetchedMarks, Fetcher, UidRange } from "@poplar/maildrop";
import type { Fault } from "@poplar/protocol";
import type { ExclusiveLanes } from "./lane/exclusive-lanes.ts";
import type { Statement } from "./lane/frontend-message.ts";
import type { SharedLanes } from "./lane/shared-lanes.ts";
import { numberAt } from "./lane/value.ts";
import { storageDown } from "./storage-error.ts";

const readMarks: Statement = {
  name: "read-fetched-marks",
  text: `select lower(r), upper(r) from fetched_mark f join login l using (login_id), unnest(f.uids) r
    where f.maildrop_id = $1 and l.name = $2 and f.credential_id = $3 order by 1`,
};

const addMarks: Statement = {
  name: "add-fetched-marks",
  text: `insert into fetched_mark as f (maildrop_id, login_id, credential_id, uids)
    select $1, l.login_id, $3, (
      select range_agg(int4range(uid, uid + 1)) from unnest($4::integer[]) uid
    ) from login l where l.name = $2
    on conflict (maildrop_id, login_id, credential_id) do update set uids = f.uids + excluded.uids`,
};

/** What programs have fetched, in Postgres. */
export class PostgresFetchedMarks implements FetchedMarks {
  readonly #lookups: SharedLanes;
  readonly #writes: ExclusiveLanes;

  constructor(lanes: { readonly lookups: SharedLanes; readonly writes: ExclusiveLanes }) {
    this.#lookups = lanes.lookups;
    this.#writes = lanes.writes;
  }

  async read({ maildropId, login, credentialId = 0 }: Fetcher): Promise<readonly UidRange[] | Fault> {
    try {
      const rows = await this.#lookups.run(readMarks, [maildropId, login, credentialId]);
      return rows.map((row) => [numberAt(row, 0), numberAt(row, 1)]);
    } catch (error) {
      return storageDown(error);
    }
  }

  async add(
    { maildropId, login, credentialId = 0 }: Fetcher,
    uids: readonly number[],
  ): Promise<undefined | Fault> {
    if (uids.length === 0) return undefined;
    try {
      await this.#writes.run(addMarks, [maildropId, login, credentialId, uids]);
      return undefined;
    } catch (error) {
      return storageDown(error);
    }
  }
}

import { silentLog } from "../testing.ts";
import { startEmbeddedPostgres } from "./start-embedded-postgres.ts";

// A process for the tests to kill: runs a Postgres on the folder it is given until SIGTERM, and says where.
const postgres = await startEmbeddedPostgres(process.argv[2] ?? "", silentLog);
process.stdout.write(`${JSON.stringify({ url: postgres.url, pid: postgres.pid() })}\n`);
const life = setInterval(() => {}, 60_000);
process.on("SIGTERM", () => {
  clearInterval(life);
  void postgres.stop();
});

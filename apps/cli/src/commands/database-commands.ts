import type { MigrationStatus } from "@poplar/storage";
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import { findDatabase } from "../find-database.ts";
import { exitCodes, Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";

/** `poplar db migrate|status`: on the database itself, since the server may not be there yet. */
export function addDatabaseCommands(program: Command, tools: Tools): void {
  const db = program.command("db").description("the schema of the database; asks Postgres, not the server");

  db.command("status")
    .description("say which changes of the schema the database has, and which it lacks")
    .addHelpText(
      "after",
      examples(
        "poplar db status",
        "POPLAR_POSTGRES_URL=postgres://poplar@db.example.test/poplar poplar db status",
      ),
    )
    .action(async () => {
      const { migrationStatus } = await import("@poplar/storage");
      const status = await asking(tools, migrationStatus);
      tools.printer.done(status, statusText(status));
      if (status.pending.length > 0) process.exitCode = exitCodes.refused;
    });

  db.command("migrate")
    .description("bring the schema up to date, in one transaction; old and new servers may run meanwhile")
    .option("--dry-run", "say what would be done, and do nothing")
    .addHelpText("after", examples("poplar db migrate --dry-run", "poplar db migrate"))
    .action(async ({ dryRun }: { readonly dryRun?: true }) => {
      const { migrate, migrationStatus } = await import("@poplar/storage");
      const isDryRun = dryRun === true;
      const applied = await asking(tools, async (url) =>
        isDryRun ? (await migrationStatus(url)).pending : migrate(url),
      );
      tools.printer.done({ isDryRun, applied }, migratedText(applied, isDryRun));
    });
}

async function asking<T>(tools: Tools, ask: (url: string) => Promise<T>): Promise<T> {
  const { StorageError } = await import("@poplar/storage");
  const url = await findDatabase(tools.config());
  try {
    return await ask(url);
  } catch (err) {
    if (!(err instanceof StorageError)) throw err;
    const kind = err.code === "unreachable" ? "unreachable" : "refused";
    throw new Refusal(kind, `database-${err.code}`, `Postgres does not do it: ${err.message || err.code}.`);
  }
}

function statusText({ applied, pending, later }: MigrationStatus): string {
  if (later.length > 0) {
    return `The schema is of a newer version than this program: it has ${later.join(", ")}. Upgrade this host, too.`;
  }
  return pending.length === 0
    ? `The schema is up to date: ${applied.at(-1) ?? "empty"}.`
    : `The schema lacks ${pending.join(", ")}. Bring it up to date: poplar db migrate`;
}

function migratedText(applied: readonly string[], isDryRun: boolean): string {
  if (applied.length === 0) return "The schema is up to date; nothing was to be done.";
  return `${isDryRun ? "Would apply" : "Applied"} ${applied.join(", ")}.`;
}

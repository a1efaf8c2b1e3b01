import type { AuditEntry } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples, timeAgo } from "../arguments.ts";
import type { Tools } from "../tools.ts";

interface SearchOptions {
  readonly subject?: string;
  readonly address?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

const limitDefault = 50;

/** `poplar audit …` */
export function addAuditCommands(program: Command, tools: Tools): void {
  const audit = program.command("audit").description("what happened, and why somebody was not let in");

  audit
    .command("search")
    .description("show what happened, the newest first")
    .option("--login <name>", "to this login, or domain or whatever it was about")
    .option("--address <address>", "from this address")
    .option("--action <action>", "login, or a change such as set-password")
    .option("--outcome <outcome>", "done, or the reason of a refusal such as wrong-password")
    .option("--since <time>", "not before: a time, or how long ago, e.g. 2h", timeAgo)
    .option("--until <time>", "before: a time, or how long ago", timeAgo)
    .option("--limit <count>", "at most so many", entryLimit, limitDefault)
    .addHelpText(
      "after",
      examples(
        "poplar audit search --login alice@example.test --since 2d",
        "poplar audit search --action login --outcome second-factor-needed",
      ),
    )
    .action(async ({ limit, login, ...query }: SearchOptions & { readonly login?: string }) => {
      const entries = await tools
        .api()
        .list<AuditEntry>("/audit", { limit, query: { ...query, subject: login } });
      tools.printer.table(
        entries,
        [
          ["TIME (UTC)", ({ at }) => at.slice(0, 19).replace("T", " ")],
          ["ACTION", ({ action }) => action],
          ["OUTCOME", ({ outcome }) => outcome],
          ["ABOUT", ({ subject }) => subject],
          ["BY", ({ mechanism, actor }) => mechanism ?? actor ?? ""],
          ["FROM", ({ address }) => address ?? ""],
          ["SESSION", ({ sessionId }) => sessionId ?? ""],
        ],
        "Nothing of the kind happened.",
      );
    });
}

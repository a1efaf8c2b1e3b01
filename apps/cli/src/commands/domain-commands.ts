import type { DomainEntry } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples } from "../arguments.ts";
import { timeText } from "../printer.ts";
import type { Tools } from "../tools.ts";

/** `poplar domain …` */
export function addDomainCommands(program: Command, tools: Tools): void {
  const domain = program.command("domain").description("domains whose mail the server keeps");

  domain
    .command("add")
    .description("take a domain under care")
    .argument("<domain>")
    .addHelpText("after", examples("poplar domain add example.test"))
    .action(async (name: string) => {
      const added = await tools.api().call<DomainEntry>({ method: "POST", path: "/domains", body: { name } });
      tools.printer.done(added, `Added the domain ${added.name}.`);
    });

  domain
    .command("list")
    .description("list the domains")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async (options: { limit?: number }) => {
      const domains = await tools.api().list<DomainEntry>("/domains", options);
      tools.printer.table(
        domains,
        [
          ["DOMAIN", ({ name }) => name],
          ["LOGINS", ({ logins }) => logins],
          ["ADDED (UTC)", ({ createdAt }) => timeText(createdAt)],
        ],
        "There is no domain yet. Add one: poplar domain add example.test",
      );
    });

  domain
    .command("remove")
    .description("give a domain up; refused while it has logins")
    .argument("<domain>")
    .action(async (name: string) => {
      await tools.api().call({ method: "DELETE", path: `/domains/${encodeURIComponent(name)}` });
      tools.printer.done(undefined, `Removed the domain ${name}.`);
    });
}

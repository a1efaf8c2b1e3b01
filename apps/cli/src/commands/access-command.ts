import type { AccessEntry } from "@poplar/operations";
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { Tools } from "../tools.ts";

/** `poplar access` */
export function addAccessCommand(program: Command, tools: Tools): void {
  program
    .command("access")
    .description("whose token this is, and what it may do")
    .addHelpText("after", examples("poplar access", "poplar access --json | jq .operations"))
    .action(async () => {
      const access = await tools.api().call<AccessEntry>({ method: "GET", path: "/access" });
      const [first = "nothing", ...others] = access.operations;
      tools.printer.detail(access, [
        ["token of", access.name],
        ["role", access.role],
        ["for", scopeText(access)],
        ["may", first],
        ...others.map((operation) => ["", operation] as const),
      ]);
    });
}

function scopeText({ tenant, domain, login }: AccessEntry): string {
  if (login !== null) return `the login ${login}`;
  if (domain !== null) return `the domain ${domain}`;
  return tenant === null ? "everything" : `the tenant ${tenant}`;
}

import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { Tools } from "../tools.ts";

/** `poplar address …` */
export function addAddressCommands(program: Command, tools: Tools): void {
  const address = program.command("address").description("further addresses that lead to a maildrop");

  address
    .command("add")
    .description("lead an address, or a domain's catch-all, to the maildrop of a login")
    .argument("<address>")
    .argument("<login>")
    .addHelpText(
      "after",
      examples(
        "poplar address add sales@example.test alice@example.test",
        "poplar address add '*@example.test' alice@example.test",
      ),
    )
    .action(async (name: string, login: string) => {
      await tools.api().call({ method: "POST", path: "/addresses", body: { address: name, login } });
      tools.printer.done(undefined, `Mail for ${name} goes to ${login}.`);
    });

  address
    .command("remove")
    .description("take no more mail for an address; what came over it stays")
    .argument("<address>")
    .action(async (name: string) => {
      await tools.api().call({ method: "DELETE", path: `/addresses/${encodeURIComponent(name)}` });
      tools.printer.done(undefined, `Removed the address ${name}.`);
    });
}

import type { DomainEntry, TenantEntry } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples } from "../arguments.ts";
import type { Tools } from "../tools.ts";

const pathOf = (name: string): string => `/tenants/${encodeURIComponent(name)}`;

/** `poplar tenant …` */
export function addTenantCommands(program: Command, tools: Tools): void {
  const tenant = program.command("tenant").description("customers with domains and tokens of their own");

  tenant
    .command("add")
    .description("make a tenant, who will have domains")
    .argument("<tenant>", "a word in lower case")
    .addHelpText("after", examples("poplar tenant add acme", "poplar domain add acme.test --tenant acme"))
    .action(async (name: string) => {
      const added = await tools.api().call<TenantEntry>({ method: "POST", path: "/tenants", body: { name } });
      tools.printer.done(added, `Added the tenant ${added.name}.`);
    });

  tenant
    .command("list")
    .description("list the tenants")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async (options: { limit?: number }) => {
      tools.printer.table(
        await tools.api().list<TenantEntry>("/tenants", options),
        [
          ["TENANT", ({ name }) => name],
          ["DOMAINS", ({ domains }) => domains],
        ],
        "There is no tenant. Add one: poplar tenant add acme",
      );
    });

  tenant
    .command("show")
    .description("show a tenant and its domains")
    .argument("<tenant>")
    .action(async (name: string) => {
      const api = tools.api();
      const found = await api.call<TenantEntry>({ method: "GET", path: pathOf(name) });
      const domains = await api.list<DomainEntry>("/domains", { query: { tenant: found.name } });
      tools.printer.detail({ name: found.name, domains }, [
        ["tenant", found.name],
        ["domains", domains.length],
        ...domains.map((domain) => ["", `${domain.name}, ${loginsText(domain)}`] as const),
      ]);
    });

  tenant
    .command("remove")
    .description("remove a tenant and its tokens; refused while it has domains")
    .argument("<tenant>")
    .action(async (name: string) => {
      await tools.api().call({ method: "DELETE", path: pathOf(name) });
      tools.printer.done(undefined, `Removed the tenant ${name}.`);
    });
}

const loginsText = ({ logins }: DomainEntry): string => (logins === 1 ? "1 login" : `${logins} logins`);

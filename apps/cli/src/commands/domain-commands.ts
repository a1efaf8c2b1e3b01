import type { DomainEntry, DomainRecord } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples, portNumber } from "../arguments.ts";
import { timeText } from "../printer.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";
import { addPolicyCommands } from "./keeping-commands.ts";

/** `poplar domain …` */
export function addDomainCommands(program: Command, tools: Tools): void {
  const domain = program.command("domain").description("domains whose mail the server keeps");

  domain
    .command("add")
    .description("take a domain under care")
    .argument("<domain>")
    .option(
      "--tenant <tenant>",
      "whose it is (default: of the tenant who adds it, or of nobody in particular)",
    )
    .addHelpText(
      "after",
      examples("poplar domain add example.test", "poplar domain add acme.test --tenant acme"),
    )
    .action(async (name: string, { tenant }: { tenant?: string }) => {
      const body = { name, tenant };
      const added = await tools.api().call<DomainEntry>({ method: "POST", path: "/domains", body });
      tools.printer.done(added, `Added the domain ${added.name}.`);
    });

  domain
    .command("list")
    .description("list the domains")
    .option("--tenant <tenant>", "of this tenant only")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async ({ tenant, limit }: { tenant?: string; limit?: number }) => {
      const domains = await tools.api().list<DomainEntry>("/domains", { query: { tenant }, limit });
      tools.printer.table(
        domains,
        [
          ["DOMAIN", ({ name }) => name],
          ["LOGINS", ({ logins }) => logins],
          ["ADDED (UTC)", ({ createdAt }) => timeText(createdAt)],
          ["TENANT", tenantText],
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

  addMoveCommand(domain, tools);
  addPolicyCommands(domain, tools, "domain");
  addRecordsCommand(domain, tools);
}

function addMoveCommand(domain: Command, tools: Tools): void {
  domain
    .command("move")
    .description("give a domain with all that is in it to a tenant; tokens for the domain end")
    .argument("<domain>")
    .argument("<tenant>", "whose it becomes; default: of nobody in particular")
    .action(async (name: string, tenant: string) => {
      const path = `/domains/${encodeURIComponent(name)}/tenant`;
      await tools.api().call({ method: "PUT", path, body: { tenant } });
      tools.printer.done(undefined, `The domain ${name} belongs to the tenant ${tenant}.`);
    });
}

function addRecordsCommand(domain: Command, tools: Tools): void {
  domain
    .command("dns")
    .description("print the records to publish, as lines of a zone; asks no server")
    .argument("<domain>")
    .option("--pop-host <host>", "where clients collect mail (default: pop.<domain>)")
    .option("--pop3-port <port>", "port of POP3 with STLS, 0 for none", portNumber, 110)
    .option("--pop3s-port <port>", "port of POP3 over TLS, 0 for none", portNumber, 995)
    .option("--mx-host <hosts...>", "mail servers that take mail in, the first one preferred", [])
    .option("--submission-host <host>", "where clients hand mail in, on port 465")
    .addHelpText("after", examples("poplar domain dns example.test --mx-host mx1.example.test"))
    .action(async (name: string, options: DnsOptions) => {
      const { mxHost: mxHosts, ...services } = options;
      // No other command needs it, and it takes its time to load.
      const { domainRecords, isOperationFault } = await import("@poplar/operations");
      const records = domainRecords({ domain: name, mxHosts, ...services });
      if (isOperationFault(records)) throw new Refusal("usage", records.operationFault, records.message);
      if (tools.printer.isJson) tools.printer.done(records, "");
      else for (const record of records) console.log(zoneLines(record));
    });
}

interface DnsOptions {
  readonly popHost?: string;
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly mxHost: readonly string[];
  readonly submissionHost?: string;
}

/** A record as a zone file has it, under what it is good for. */
const zoneLines = ({ name, type, value, why }: DomainRecord): string =>
  `; ${why}\n${name} 3600 IN ${type} ${value}`;

const tenantText = ({ tenant }: DomainEntry): string => tenant;

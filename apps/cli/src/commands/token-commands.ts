import type { NewToken, NewTokenInput, TokenEntry } from "@poplar/operations";
import { type Command, InvalidArgumentError, Option } from "commander";
import { entryLimit, examples } from "../arguments.ts";
import { timeText } from "../printer.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";

interface NewTokenFlags {
  readonly label: string;
  readonly role?: NewTokenInput["role"];
  readonly tenant?: string;
  readonly domain?: string;
  readonly expires?: number;
}

/** `poplar token …` */
export function addTokenCommands(program: Command, tools: Tools): void {
  const token = program
    .command("token")
    .description("tokens for the API, for other operators and for programs");

  token
    .command("add")
    .description("make a token and show it, this once")
    .requiredOption("--label <label>", "what it is for; names it in lists and in the audit")
    .addOption(
      new Option("--role <role>", "what it may do; follows from --tenant or --domain").choices([
        "platform",
        "tenant",
        "domain",
      ]),
    )
    .option("--tenant <tenant>", "for the domains of this tenant, and what is in them")
    .option("--domain <domain>", "for this domain, and what is in it")
    .option("--expires <days>", "when it ends by itself, e.g. 90d (default: never)", daysFromNow)
    .addHelpText(
      "after",
      examples(
        "poplar token add --label signup-form --domain example.test --expires 90d",
        "poplar token add --label reseller --tenant acme",
        "poplar token add --label ansible --role platform",
      ),
    )
    .action(async (flags: NewTokenFlags) => {
      const added = await tools
        .api()
        .call<NewToken>({ method: "POST", path: "/tokens", body: newTokenInput(flags) });
      tools.printer.detail(added, [
        ["label", added.label],
        ["for", scopeText(added)],
        ["token", added.token],
        ["ends", endText(added)],
        ["", "Nobody can read the token again."],
      ]);
    });

  token
    .command("list")
    .description("list the tokens, without what opens: who made them, when they were last used")
    .option("--limit <count>", "at most so many", entryLimit)
    .addHelpText("after", examples("poplar token list"))
    .action(async (options: { limit?: number }) => {
      tools.printer.table(
        await tools.api().list<TokenEntry>("/tokens", options),
        [
          ["LABEL", ({ label }) => label],
          ["FOR", scopeText],
          ["MADE BY", ({ createdBy }) => createdBy],
          ["ADDED (UTC)", ({ createdAt }) => timeText(createdAt)],
          ["ENDS (UTC)", endText],
          ["LAST USED (UTC)", ({ lastUsedAt }) => (lastUsedAt === null ? "" : timeText(lastUsedAt))],
        ],
        "There is none but the server's own, which stands in its data dir.",
      );
    });

  token
    .command("revoke")
    .description("take a token back: it opens nothing from the next request on")
    .requiredOption("--label <label>", "which one")
    .addHelpText("after", examples("poplar token revoke --label signup-form"))
    .action(async ({ label }: { label: string }) => {
      await tools.api().call({ method: "DELETE", path: `/tokens/${encodeURIComponent(label)}` });
      tools.printer.done(undefined, `Revoked the token ${label}.`);
    });
}

/** Nobody gets a token for everything by leaving something out. */
function newTokenInput({ role, expires, ...flags }: NewTokenFlags): NewTokenInput {
  const { tenant, domain } = flags;
  const meant = role ?? (domain !== undefined ? "domain" : tenant !== undefined ? "tenant" : undefined);
  if (meant === undefined) {
    throw new Refusal(
      "usage",
      "usage",
      "For what? Give --domain, --tenant, or --role platform for everything.",
    );
  }
  return { ...flags, role: meant, expiresInDays: expires };
}

const scopeText = ({ tenant, domain }: TokenEntry): string => {
  if (domain !== null) return `the domain ${domain}`;
  return tenant === null ? "everything" : `the tenant ${tenant}`;
};

const endText = ({ expiresAt }: TokenEntry): string => (expiresAt === null ? "never" : timeText(expiresAt));

/** How many days from now: `90d`, or `90`. */
function daysFromNow(text: string): number {
  const days = Number(/^([1-9]\d{0,4})d?$/.exec(text)?.[1]);
  if (Number.isNaN(days)) throw new InvalidArgumentError("Give days from now, such as 90d.");
  return days;
}

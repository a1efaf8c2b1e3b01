import type { NewToken, NewTokenInput, RevokedTokens, TokenEntry } from "@poplar/operations";
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
  addRevokeCommand(token, tools);
}

function addRevokeCommand(token: Command, tools: Tools): void {
  token
    .command("revoke")
    .description("take a token back, with those that were made with it: they open nothing any more")
    .requiredOption("--label <label>", "which one")
    .option("--keep-children", "leave those that were made with it")
    .option("--dry-run", "say which would go, and revoke none")
    .addHelpText(
      "after",
      examples(
        "poplar token revoke --label signup-form",
        "poplar token revoke --label ansible --dry-run",
        "poplar token revoke --label ansible --keep-children",
      ),
    )
    .action(async ({ label, keepChildren, dryRun }: RevokeFlags) => {
      if (dryRun === true) return tellRevocation(tools, label, keepChildren === true);
      const query = { children: keepChildren === true ? "keep" : undefined };
      const path = `/tokens/${encodeURIComponent(label)}`;
      const answer = await tools.api().call<RevokedTokens>({ method: "DELETE", path, query });
      tools.printer.done(answer, `Revoked ${tokensText(answer.revoked)}.${keptText(answer.kept)}`);
    });
}

interface RevokeFlags {
  readonly label: string;
  readonly keepChildren?: true;
  readonly dryRun?: true;
}

async function tellRevocation(tools: Tools, label: string, isKeeping: boolean): Promise<void> {
  const all = await tools.api().list<TokenEntry>("/tokens");
  const named = all.filter((token) => token.label === label);
  if (named.length === 0) throw new Refusal("refused", "not-found", `There is no token ${label}.`);
  const madeWith = (parent: string): readonly string[] =>
    all.filter((token) => token.parent === parent).map((token) => token.label);
  const kept = isKeeping ? madeWith(label) : [];
  const wouldRevoke = [label];
  // Those that they have made are looked for, too, as the list grows.
  if (!isKeeping) for (const parent of wouldRevoke) wouldRevoke.push(...madeWith(parent));
  const sentence = `Would revoke ${tokensText(wouldRevoke)}.${keptText(kept)}`;
  tools.printer.done({ isDryRun: true, wouldRevoke, kept }, sentence);
}

const tokensText = ([first = "", ...others]: readonly string[]): string =>
  others.length === 0 ? `the token ${first}` : `the token ${first}, and with it ${others.join(", ")}`;

const keptText = (kept: readonly string[]): string =>
  kept.length === 0 ? "" : ` These, which were made with it, are still good: ${kept.join(", ")}.`;

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

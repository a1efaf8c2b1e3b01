import type { HiddenEntry, MailPolicyEntry, MessagesCount } from "@poplar/operations";
import type { Command } from "commander";
import { count, entryLimit, examples } from "../arguments.ts";
import { timeText } from "../printer.ts";
import type { Tools } from "../tools.ts";

const maildropPath = (login: string): string => `/maildrops/${encodeURIComponent(login)}`;
const policyPath = (login: string): string => `/logins/${encodeURIComponent(login)}/mail-policy`;

/** What `poplar login set-policy` is told. */
interface PolicyFlags {
  readonly retentionDays?: number;
  readonly loginDelaySeconds?: number;
  readonly seesNewest?: number;
  readonly seesDays?: number;
  readonly seesUnfetched?: true;
  readonly removesRetrieved?: true;
  readonly deletion?: string;
  readonly undoDays?: number;
}

/** `poplar maildrop hidden|restore|purge` */
export function addHiddenMailCommands(maildrop: Command, tools: Tools): void {
  maildrop
    .command("hidden")
    .description("list deleted messages that can be restored")
    .argument("<login>")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async (login: string, options: { limit?: number }) => {
      const hidden = await tools.api().list<HiddenEntry>(`${maildropPath(login)}/hidden`, options);
      tools.printer.table(
        hidden,
        [
          ["UNIQUE-ID", ({ uniqueId }) => uniqueId],
          ["OCTETS", ({ octets }) => octets],
          ["RECEIVED (UTC)", ({ receivedAt }) => timeText(receivedAt)],
          ["DELETED (UTC)", ({ hiddenAt }) => timeText(hiddenAt)],
          ["KEPT UNTIL (UTC)", ({ keepUntil }) => timeText(keepUntil)],
          ["DELETED BY", ({ deletedBy }) => deletedBy],
        ],
        `There is no deleted message of ${login} that can be restored.`,
      );
    });
  for (const [name, description, done] of [
    ["restore", "bring deleted messages back, with the unique-ids that they had", "Restored"],
    ["purge", "remove deleted messages for good", "Purged"],
  ] as const) {
    maildrop
      .command(name)
      .description(description)
      .argument("<login>")
      .argument("[unique-ids...]", "these; none: all that were deleted and are still kept")
      .option("--dry-run", "say what would be done, and do nothing")
      .addHelpText(
        "after",
        examples(
          `poplar maildrop ${name} alice@example.test --dry-run`,
          `poplar maildrop ${name} alice@example.test`,
        ),
      )
      .action(async (login: string, uniqueIds: readonly string[], { dryRun }: { dryRun?: true }) => {
        if (dryRun === true) {
          const hidden = await tools.api().list<HiddenEntry>(`${maildropPath(login)}/hidden`, {});
          const isMeant = ({ uniqueId }: HiddenEntry): boolean =>
            uniqueIds.length === 0 || uniqueIds.includes(uniqueId);
          const messages = hidden.filter(isMeant).length;
          tools.printer.done({ isDryRun: true, messages }, `Would ${name} ${messages} messages of ${login}.`);
          return;
        }
        const body = uniqueIds.length === 0 ? {} : { uniqueIds };
        const path = `${maildropPath(login)}/${name}`;
        const outcome = await tools.api().call<MessagesCount>({ method: "POST", path, body });
        const noun = outcome.messages === 1 ? "message" : "messages";
        tools.printer.done(outcome, `${done} ${outcome.messages} ${noun} of ${login}.`);
      });
  }
}

/** `poplar login policy|set-policy` */
export function addPolicyCommands(login: Command, tools: Tools): void {
  login
    .command("policy")
    .description("show what POP shows of a login's mail, and how long it is kept")
    .argument("<login>")
    .action(async (name: string) => {
      const policy = await tools.api().call<MailPolicyEntry>({ method: "GET", path: policyPath(name) });
      const { retentionDays, loginDelaySeconds, sees, deletion, removesRetrieved } = policy;
      tools.printer.detail(policy, [
        ["mail is kept", retentionDays === undefined ? "for ever" : `for ${retentionDays} days`],
        ["from login to login", `${loginDelaySeconds ?? 0} s`],
        ["sees", seesText(sees)],
        [
          "deleting",
          deletion?.way === "hide" ? `hides for ${deletion.days} days` : (deletion?.way ?? "remove"),
        ],
        ["retrieving", removesRetrieved === true ? "removes at QUIT" : "keeps"],
      ]);
    });
  login
    .command("set-policy")
    .description("choose that, in the place of what was chosen before")
    .argument("<login>")
    .option("--retention-days <days>", "remove mail after so many days (default: never)", count)
    .option("--login-delay-seconds <seconds>", "so long from one login to the next (default: none)", count)
    .option("--sees-newest <messages>", "show the newest so many (default: all)", count)
    .option("--sees-days <days>", "show those of the last so many days (default: all)", count)
    .option("--sees-unfetched", "show what a program has not fetched yet, by its app password")
    .option("--removes-retrieved", "remove at QUIT what was retrieved (EXPIRE 0)")
    .option("--deletion <way>", "what deleting comes to: remove, hide or ignore", "remove")
    .option("--undo-days <days>", "with hide: how long mail can be restored (default: 14)", count)
    .addHelpText(
      "after",
      examples(
        "poplar login set-policy alice@example.test --retention-days 30 --deletion hide --undo-days 7",
      ),
    )
    .action(async (name: string, flags: PolicyFlags) => {
      await tools.api().call({ method: "PUT", path: policyPath(name), body: flags });
      tools.printer.done(undefined, `The policy of ${name} is changed.`);
    });
}

function seesText(sees: MailPolicyEntry["sees"]): string {
  if (sees === undefined) return "all messages";
  if ("unfetched" in sees) return "what each program has not fetched yet";
  return "newest" in sees ? `the newest ${sees.newest}` : `those of the last ${sees.days} days`;
}

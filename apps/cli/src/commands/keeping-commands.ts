import type { HiddenEntry, MailPolicyEntry, MessagesCount } from "@poplar/operations";
import type { Command } from "commander";
import { count, entryLimit, examples } from "../arguments.ts";
import { timeText } from "../printer.ts";
import type { Tools } from "../tools.ts";

const maildropPath = (login: string): string => `/maildrops/${encodeURIComponent(login)}`;

/** Whose policy: a login's, a domain's, or the fleet's. */
interface PolicyOwner {
  readonly argument: "<login>" | "<domain>" | undefined;
  readonly path: (name: string) => string;
  readonly example: string;
  /** What it is called in sentences. */
  readonly called: (name: string) => string;
}

const OWNERS: Readonly<Record<"login" | "domain" | "fleet", PolicyOwner>> = {
  login: {
    argument: "<login>",
    path: (name) => `/logins/${encodeURIComponent(name)}/mail-policy`,
    example: "login set-policy alice@example.test",
    called: (name) => name,
  },
  domain: {
    argument: "<domain>",
    path: (name) => `/domains/${encodeURIComponent(name)}/mail-policy`,
    example: "domain set-policy example.test",
    called: (name) => `the domain ${name}`,
  },
  fleet: {
    argument: undefined,
    path: () => "/mail-policy",
    example: "fleet set-policy",
    called: () => "the fleet",
  },
};

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

/** `poplar login|domain|fleet policy|set-policy|clear-policy` */
export function addPolicyCommands(parent: Command, tools: Tools, whose: keyof typeof OWNERS): void {
  const owner = OWNERS[whose];
  const command = (name: string, description: string): Command => {
    const made = parent.command(name).description(description);
    return owner.argument === undefined ? made : made.argument(owner.argument);
  };
  const show = async (name: string): Promise<void> => {
    const policy = await tools.api().call<MailPolicyEntry>({ method: "GET", path: owner.path(name) });
    showPolicy(tools, policy);
  };
  const set = async (name: string, flags: PolicyFlags): Promise<void> => {
    await tools.api().call({ method: "PUT", path: owner.path(name), body: flags });
    tools.printer.done(undefined, `The policy of ${owner.called(name)} is changed.`);
  };
  const clear = async (name: string): Promise<void> => {
    await tools.api().call({ method: "DELETE", path: owner.path(name) });
    tools.printer.done(undefined, `There is no policy of ${owner.called(name)} any more.`);
  };
  const isNamed = owner.argument !== undefined;
  command("policy", "show what POP shows of mail, and how long it is kept").action(
    isNamed ? show : async () => show(""),
  );
  withPolicyOptions(command("set-policy", "choose that, in the place of what was chosen before"))
    .addHelpText(
      "after",
      examples(`poplar ${owner.example} --retention-days 30 --deletion hide --undo-days 7`),
    )
    .action(isNamed ? set : async (flags: PolicyFlags) => set("", flags));
  command("clear-policy", "choose nothing: a login follows its domain, a domain the fleet").action(
    isNamed ? clear : async () => clear(""),
  );
}

/** `poplar fleet …` */
export function addFleetCommands(program: Command, tools: Tools): void {
  addPolicyCommands(
    program.command("fleet").description("what holds where nothing else was chosen"),
    tools,
    "fleet",
  );
}

function showPolicy(tools: Tools, policy: MailPolicyEntry): void {
  const { retentionDays, loginDelaySeconds, sees, deletion, removesRetrieved } = policy;
  tools.printer.detail(policy, [
    ["mail is kept", retentionDays === undefined ? "for ever" : `for ${retentionDays} days`],
    ["from login to login", `${loginDelaySeconds ?? 0} s`],
    ["sees", seesText(sees)],
    ["deleting", deletion?.way === "hide" ? `hides for ${deletion.days} days` : (deletion?.way ?? "remove")],
    ["retrieving", removesRetrieved === true ? "removes at QUIT" : "keeps"],
  ]);
}

const withPolicyOptions = (command: Command): Command =>
  command
    .option("--retention-days <days>", "remove mail after so many days (default: never)", count)
    .option("--login-delay-seconds <seconds>", "so long from one login to the next (default: none)", count)
    .option("--sees-newest <messages>", "show the newest so many (default: all)", count)
    .option("--sees-days <days>", "show those of the last so many days (default: all)", count)
    .option("--sees-unfetched", "show what a program has not fetched yet, by its app password")
    .option("--removes-retrieved", "remove at QUIT what was retrieved (EXPIRE 0)")
    .option("--deletion <way>", "what deleting comes to: remove, hide or ignore", "remove")
    .option("--undo-days <days>", "with hide: how long mail can be restored (default: 14)", count);

function seesText(sees: MailPolicyEntry["sees"]): string {
  if (sees === undefined) return "all messages";
  if ("unfetched" in sees) return "what each program has not fetched yet";
  return "newest" in sees ? `the newest ${sees.newest}` : `those of the last ${sees.days} days`;
}

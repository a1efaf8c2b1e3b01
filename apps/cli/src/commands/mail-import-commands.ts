import { type Command, Option } from "commander";
import { examples } from "../arguments.ts";
import { addPopFlags, type PopFlags, popTarget } from "../fetch/pop-target.ts";
import { type ImportReport, importMail, type Trouble } from "../import/import-mail.ts";
import type { MailSource } from "../import/mail-source.ts";
import { openMaildir } from "../import/maildir-source.ts";
import { type MboxFormat, openMbox } from "../import/mbox-source.ts";
import { openPop } from "../import/pop-source.ts";
import { dovecotFormat, type UidlServer } from "../import/uidl-rules.ts";
import { octetsText } from "../printer.ts";
import { ProgressBar } from "../progress-bar.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";

interface ImportFlags {
  readonly login: string;
  readonly verify?: true;
  readonly dryRun?: true;
}

interface FileFlags extends ImportFlags {
  readonly keepUidl: UidlServer | "auto" | "none";
  readonly uidlFormat: string;
  readonly format: MboxFormat;
}

const withImportFlags = (command: Command): Command =>
  command
    .requiredOption("--login <login>", "whose maildrop the mail goes to")
    .option("--verify", "compare afterwards what is stored with what was there, octet by octet")
    .option("--dry-run", "say what would be done, and do nothing");

const keepUidl = (servers: readonly string[]): Option =>
  new Option("--keep-uidl <server>", "by whose rule clients know the messages; auto: whose files lie there")
    .choices([...servers, "auto", "none"])
    .default("auto");

const uidlFormat = (): Option =>
  new Option("--uidl-format <format>", "pop3_uidl_format of Dovecot").default(dovecotFormat);

/** `poplar import maildir|mbox|pop`: mail from other servers, with what clients know it by. */
export function addMailImportCommands(program: Command, tools: Tools): void {
  const group = program
    .command("import")
    .description("take mail over from another server; a second run takes what is new");

  withImportFlags(
    group.command("maildir").argument("<folder>", "with cur and new; for Cyrus with cyrus.index"),
  )
    .description("a Maildir of Dovecot, Courier or others, or a maildrop of Cyrus")
    .addOption(keepUidl(["dovecot", "courier", "cyrus"]))
    .addOption(uidlFormat())
    .addHelpText(
      "after",
      examples(
        "poplar import maildir /var/mail/alice/Maildir --login alice@example.test --keep-uidl dovecot --verify",
        "poplar import maildir /var/mail/alice/Maildir --login alice@example.test --dry-run",
      ),
    )
    .action(async (folder: string, flags: FileFlags) =>
      run(tools, flags, () => openMaildir({ folder, keepUidl: ruleOf(flags), uidlFormat: flags.uidlFormat })),
    );

  withImportFlags(group.command("mbox").argument("<file>"))
    .description("an mbox; unique-ids from X-IMAPbase and X-UID, if Dovecot or UW-IMAP kept it")
    .addOption(keepUidl(["dovecot"]))
    .addOption(uidlFormat())
    .addOption(
      new Option("--format <format>", "how lines that begin with From are quoted")
        .choices(["mboxrd", "mboxo"])
        .default("mboxrd"),
    )
    .addHelpText("after", examples("poplar import mbox /var/mail/alice --login alice@example.test --verify"))
    .action(async (file: string, flags: FileFlags & { readonly keepUidl: "dovecot" | "auto" | "none" }) => {
      const rule = flags.keepUidl === "none" ? undefined : flags.keepUidl;
      const { format } = flags;
      return run(tools, flags, () =>
        openMbox({ file, format, keepUidl: rule, uidlFormat: flags.uidlFormat }),
      );
    });

  withImportFlags(addPopFlags(group.command("pop")))
    .description("whatever a POP3 server shows, with its unique-ids; deletes nothing there")
    .addHelpText(
      "after",
      examples(
        "poplar import pop pop://alice@old.example.test --login alice@example.test --password-stdin < password",
      ),
    )
    .action(async (url: string, flags: ImportFlags & PopFlags) =>
      run(tools, flags, async () => openPop(await popTarget(url, flags))),
    );
}

const ruleOf = ({ keepUidl: rule }: FileFlags): UidlServer | "auto" | undefined =>
  rule === "none" ? undefined : rule;

async function run(tools: Tools, flags: ImportFlags, open: () => Promise<MailSource>): Promise<void> {
  const api = tools.api();
  await using source = await open();
  const isDryRun = flags.dryRun === true;
  const bar = new ProgressBar(source.weight, source.unit);
  const report = await importMail({
    api,
    source,
    login: flags.login,
    isDryRun,
    isVerified: flags.verify === true,
    advanced: (weight) => bar.advance(weight),
  }).finally(() => bar.end());
  tools.printer.done(report, summaryOf(report, flags.login));
  if (report.refused.length > 0) {
    throw new Refusal("refused", "messages-refused", troubleText("Not imported", report.refused));
  }
  if (report.differing.length > 0) {
    throw new Refusal("refused", "messages-differ", troubleText("Not as they were", report.differing));
  }
}

function summaryOf(report: ImportReport, login: string): string {
  const { imported, importedOctets, messages, known, keptUniqueIds, verified, isDryRun } = report;
  const done = isDryRun ? "Would import" : "Imported";
  const size = isDryRun ? "" : ` (${octetsText(importedOctets)})`;
  const compared = verified === null ? "" : ` ${verified} compared and found the same.`;
  return (
    `${done} ${imported} of ${messages} messages for ${login}${size}; ${known} were imported before. ` +
    `${keptUniqueIds} have the unique-ids that clients know.${compared}`
  );
}

const troublesShown = 20;

function troubleText(what: string, troubles: readonly Trouble[]): string {
  const shown = troubles.slice(0, troublesShown).map(({ message, detail }) => `${message}: ${detail}`);
  const more = troubles.length - shown.length;
  return [`${what}:`, ...shown, ...(more > 0 ? [`and ${more} more; --json names them all`] : [])].join("\n");
}

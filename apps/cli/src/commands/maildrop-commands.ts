import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { DeliveredCopy, MaildropEntry, MessageEntry } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples, quota } from "../arguments.ts";
import { octetsText, timeText } from "../printer.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";
import { addHiddenMailCommands } from "./keeping-commands.ts";

const pathOf = (login: string): string => `/maildrops/${encodeURIComponent(login)}`;

const quotaText = (octets: number | null): string => (octets === null ? "none" : octetsText(octets));

/** `poplar maildrop …` */
export function addMaildropCommands(program: Command, tools: Tools): void {
  const maildrop = program.command("maildrop").description("the mail that waits to be collected");
  addReadingCommands(maildrop, tools);
  addHiddenMailCommands(maildrop, tools);

  maildrop
    .command("deliver")
    .description("put messages into a maildrop as if they had come over LMTP")
    .argument("<address>", "an address of the recipient")
    .argument("[files...]", "one message each; - or none: standard input")
    .option("--from <address>", "reverse-path, where bounces go (default: none)")
    .addHelpText(
      "after",
      examples(
        "poplar maildrop deliver alice@example.test letter.eml",
        "printf 'Subject: hi\\n\\nHello.\\n' | poplar maildrop deliver alice@example.test",
      ),
    )
    .action(async (recipient: string, files: readonly string[], options: { from?: string }) => {
      const api = tools.api();
      const delivered: DeliveredCopy[] = [];
      for (const file of files.length === 0 ? ["-"] : files) {
        const message = await openMessage(file);
        delivered.push(
          await api.call<DeliveredCopy>({
            method: "POST",
            path: `${pathOf(recipient)}/messages`,
            query: { reversePath: options.from },
            message,
          }),
        );
      }
      const uids = delivered.map(({ uid }) => uid).join(", ");
      const noun = delivered.length === 1 ? "message" : "messages";
      tools.printer.done(delivered, `Delivered ${delivered.length} ${noun} to ${recipient} (uid ${uids}).`);
    });

  maildrop
    .command("set-quota")
    .description("limit what a maildrop may hold; what is there already stays")
    .argument("<login>")
    .argument("<octets>", "e.g. 500M, 2G or none", quota)
    .action(async (login: string, quotaOctets: number | null) => {
      await tools.api().call({ method: "PUT", path: `${pathOf(login)}/quota`, body: { quotaOctets } });
      tools.printer.done(undefined, `The quota of ${login} is ${quotaText(quotaOctets)}.`);
    });
}

function addReadingCommands(maildrop: Command, tools: Tools): void {
  maildrop
    .command("list")
    .description("list the maildrops")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async (options: { limit?: number }) => {
      const maildrops = await tools.api().list<MaildropEntry>("/maildrops", options);
      tools.printer.table(
        maildrops,
        [
          ["ID", ({ maildropId }) => maildropId],
          ["MADE FOR", ({ name }) => name],
          ["MESSAGES", ({ messages }) => messages],
          ["HOLDS", ({ octets }) => octetsText(octets)],
          ["QUOTA", ({ quotaOctets }) => quotaText(quotaOctets)],
        ],
        "There is no maildrop. A login brings one: poplar login add alice@example.test",
      );
    });

  maildrop
    .command("show")
    .description("show how much mail a login's maildrop holds")
    .argument("<login>")
    .action(async (login: string) => {
      const found = await tools.api().call<MaildropEntry>({ method: "GET", path: pathOf(login) });
      tools.printer.detail(found, [
        ["maildrop", found.maildropId],
        ["made for", found.name],
        ["messages", found.messages],
        ["holds", octetsText(found.octets)],
        ["quota", quotaText(found.quotaOctets)],
        ["made (UTC)", timeText(found.createdAt)],
      ]);
    });

  maildrop
    .command("messages")
    .description("list the messages of a login's maildrop: envelopes, never content")
    .argument("<login>")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async (login: string, options: { limit?: number }) => {
      const messages = await tools.api().list<MessageEntry>(`${pathOf(login)}/messages`, options);
      tools.printer.table(
        messages,
        [
          ["UID", ({ uid }) => uid],
          ["UNIQUE-ID", ({ uniqueId }) => uniqueId],
          ["OCTETS", ({ octets }) => octets],
          ["RECEIVED (UTC)", ({ receivedAt }) => timeText(receivedAt)],
          ["REVERSE-PATH", ({ reversePath }) => `<${reversePath}>`],
          ["RECIPIENT", ({ recipient }) => recipient],
        ],
        `The maildrop of ${login} is empty.`,
      );
    });
}

async function openMessage(file: string): Promise<Readable> {
  if (file === "-") {
    if (!process.stdin.isTTY) return process.stdin;
    throw new Refusal("usage", "message-missing", "Name a file with a message, or pipe one in.");
  }
  const stream = createReadStream(file);
  try {
    await once(stream, "open");
    return stream;
  } catch (err) {
    const code = err instanceof Error && "code" in err ? String(err.code) : "unknown reason";
    throw new Refusal("usage", "file-unreadable", `The file ${file} cannot be read (${code}).`);
  }
}

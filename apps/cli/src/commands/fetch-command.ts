import type { Command } from "commander";
import { count, examples } from "../arguments.ts";
import { fetchMail } from "../fetch/fetch-mail.ts";
import { addPopFlags, type PopFlags, popTarget } from "../fetch/pop-target.ts";
import { printableLine } from "../printer.ts";
import type { Tools } from "../tools.ts";

interface FetchFlags extends PopFlags {
  readonly messages: number;
  readonly print?: true;
}

/** `poplar fetch URL` */
export function addFetchCommand(program: Command, tools: Tools): void {
  addPopFlags(
    program
      .command("fetch")
      .description("go through a POP3 session as a client does, and time each step; deletes nothing"),
  )
    .option("--messages <count>", "retrieve the newest so many", count, 3)
    .option("--print", "print the messages instead of the times")
    .addHelpText(
      "after",
      examples(
        "poplar fetch pop://alice%40example.test@mail.example.test",
        "poplar fetch --tls none --password-stdin pop://demo%40example.test@127.0.0.1:1110 < password",
      ),
    )
    .action(async (text: string, flags: FetchFlags) => {
      const request = { ...(await popTarget(text, flags)), messagesMax: flags.messages };
      const steps = await fetchMail(request, ({ lines }) => {
        if (flags.print !== true) return;
        // As it is for a program, and harmless for a terminal.
        for (const line of lines) process.stdout.write(process.stdout.isTTY ? printableLine(line) : line);
      });
      if (flags.print === true) return;
      tools.printer.table(
        steps,
        [
          ["STEP", ({ step }) => step],
          ["MS", ({ ms }) => ms],
          ["OCTETS", ({ octets }) => octets ?? ""],
          ["ANSWER", ({ outcome }) => outcome],
        ],
        "",
      );
    });
}

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { Refusal } from "./refusal.ts";

/** Where a password comes from. */
export interface PasswordSource {
  readonly isFromStdin: boolean;
  /** It is one that exists: a slip of the finger shows by itself, and once is enough. */
  readonly isKnown?: boolean;
}

/** From standard input, or asked for twice without echo; never an argument: others see those. */
export async function readPassword(options: PasswordSource): Promise<string> {
  if (options.isFromStdin) return (await text(process.stdin)).replace(/\r?\n$/, "");
  if (!process.stdin.isTTY) {
    throw new Refusal(
      "usage",
      "password-missing",
      "There is no terminal to ask for the password: pipe it in and add --password-stdin.",
    );
  }
  const isKnown = options.isKnown === true;
  const [first, second] = await ask(isKnown ? ["Password: "] : ["Password: ", "Again: "]);
  if (isKnown || first === second) return first ?? "";
  throw new Refusal("usage", "passwords-differ", "The two passwords differ; nothing was changed.");
}

async function ask(prompts: readonly string[]): Promise<readonly string[]> {
  // readline edits the line as usual, into nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  lines.on("SIGINT", () => {
    process.stderr.write("\n");
    process.exit(130);
  });
  try {
    const answers: string[] = [];
    for (const prompt of prompts) {
      process.stderr.write(prompt);
      answers.push(await lines.question(""));
      process.stderr.write("\n");
    }
    return answers;
  } finally {
    lines.close();
  }
}

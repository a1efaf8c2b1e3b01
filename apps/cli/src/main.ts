import { readFileSync } from "node:fs";
import { ConfigError } from "@poplar/config";
import { CommanderError } from "commander";
import { colors } from "./colors.ts";
import { printable } from "./printer.ts";
import { createProgram } from "./program.ts";
import { exitCodes, Refusal } from "./refusal.ts";

function versionOfPackage(): string {
  const content: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const version =
    typeof content === "object" && content !== null && "version" in content ? content.version : "";
  return String(version);
}

function explain(err: unknown): {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
} {
  const message = err instanceof Error ? err.message : String(err);
  if (err instanceof Refusal) return { code: err.code, exitCode: exitCodes[err.kind], message };
  if (err instanceof ConfigError) return { code: err.code, exitCode: exitCodes.usage, message };
  if (err instanceof CommanderError) {
    const sentence = message.replace(/^error: /, "");
    const isHelp = err.code === "commander.help";
    return {
      code: "usage",
      exitCode: exitCodes.usage,
      message: isHelp ? "Which command?" : `${sentence}\nAdd --help to see how it is used.`,
    };
  }
  return { code: "internal-error", exitCode: exitCodes.refused, message };
}

/** Says why the command did not do it. @returns the exit code. */
function refuse(err: unknown, isJson: boolean): number {
  // Help and version that were asked for.
  if (err instanceof CommanderError && err.exitCode === 0) return exitCodes.done;
  const { code, exitCode, message } = explain(err);
  if (isJson) console.error(JSON.stringify({ error: { code, message } }));
  else console.error(`${colors.red("poplar:")} ${message.split("\n").map(printable).join("\n")}`);
  if (code === "internal-error" && err instanceof Error) console.error(err.stack);
  return exitCode;
}

// A reader that has seen enough, such as head, is no failure.
process.stdout.on("error", () => process.exit());

const program = createProgram(versionOfPackage(), process.env);
try {
  await program.parseAsync(process.argv);
} catch (err) {
  process.exitCode = refuse(err, program.opts()["json"] === true);
}

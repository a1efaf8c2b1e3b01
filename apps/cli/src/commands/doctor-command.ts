import type { Command } from "commander";
import colors from "picocolors";
import { examine, type Finding } from "../examination.ts";
import { printable } from "../printer.ts";
import { exitCodes } from "../refusal.ts";
import type { Tools } from "../tools.ts";

const marks: Readonly<Record<Finding["verdict"], string>> = {
  fine: colors.green("ok  "),
  doubtful: colors.yellow("warn"),
  wrong: colors.red("FAIL"),
};

/** `poplar doctor` */
export function addDoctorCommand(program: Command, tools: Tools): void {
  program
    .command("doctor")
    .description("look the server over and say what to do about what is wrong")
    .action(async () => {
      const findings = await examine(tools.config(), tools.version);
      const wrong = findings.filter(({ verdict }) => verdict === "wrong");
      if (wrong.some(({ check }) => check === "server")) process.exitCode = exitCodes.unreachable;
      else if (wrong.length > 0) process.exitCode = exitCodes.refused;
      if (tools.printer.isJson) {
        tools.printer.done({ isHealthy: wrong.length === 0, findings }, "");
        return;
      }
      for (const { verdict, check, detail, advice } of findings) {
        console.log(`${marks[verdict]}  ${check.padEnd(14)}${printable(detail)}`);
        if (advice !== undefined) console.log(`      ${" ".repeat(14)}${colors.bold(printable(advice))}`);
      }
    });
}

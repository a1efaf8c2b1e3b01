import type { Command } from "commander";
import { colors } from "../colors.ts";
import { examine, type Finding } from "../examination.ts";
import { printable } from "../printer.ts";
import { exitCodes } from "../refusal.ts";
import type { Tools } from "../tools.ts";

const marks: Readonly<Record<Finding["verdict"], string>> = {
  fine: colors.green("ok  "),
  doubtful: colors.yellow("warn"),
  wrong: colors.red("FAIL"),
};

/** `poplar doctor …` */
export function addDoctorCommand(program: Command, tools: Tools): void {
  const doctor = program
    .command("doctor")
    .description("look the server over and say what to do about what is wrong")
    .action(async () => report(tools, await examine(tools.config(), tools.version)));

  doctor
    .command("kerberos")
    .description("look at the Kerberos of this host: libraries, realm, keytab, keys; log in to ourselves")
    .option("--keytab <file>", "keytab (default: kerberos-keytab of the configuration, else that of libkrb5)")
    .action(async ({ keytab }: { readonly keytab?: string }) => {
      // Loaded for this command alone: no other needs the libraries.
      const { examineKerberos } = await import("../kerberos-examination.ts");
      report(tools, await examineKerberos(keytab ?? tools.config().kerberosKeytab));
    });
}

/** Prints the findings, and ends with the exit code that they deserve. */
function report({ printer }: Tools, findings: readonly Finding[]): void {
  const wrong = findings.filter(({ verdict }) => verdict === "wrong");
  if (wrong.some(({ check }) => check === "server")) process.exitCode = exitCodes.unreachable;
  else if (wrong.length > 0) process.exitCode = exitCodes.refused;
  if (printer.isJson) {
    printer.done({ isHealthy: wrong.length === 0, findings }, "");
    return;
  }
  for (const { verdict, check, detail, advice } of findings) {
    console.log(`${marks[verdict]}  ${check.padEnd(14)}${printable(detail)}`);
    if (advice !== undefined) console.log(`      ${" ".repeat(14)}${colors.bold(printable(advice))}`);
  }
}

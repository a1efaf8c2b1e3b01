import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import { colors } from "../colors.ts";
import { examineDomain } from "../doctor/examine-domain.ts";
import { examineSecrets } from "../doctor/examine-secrets.ts";
import { examineServer } from "../doctor/examine-server.ts";
import { examinePostgres, examineRedis } from "../doctor/examine-stores.ts";
import type { Finding } from "../doctor/finding.ts";
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
    .option("--domain <domains...>", "look at the records, ports and certificates of these domains, too")
    .option("--name-server <addresses...>", "ask these instead of those of this host, e.g. 192.0.2.53:53")
    .option("--ca <file>", "believe the certificates in this file, too, PEM")
    .addHelpText(
      "after",
      examples("poplar doctor", "poplar doctor --domain example.test example.org", "poplar doctor kerberos"),
    )
    .action(async (flags: DoctorFlags) => report(tools, await examineAll(tools, flags)));

  doctor
    .command("kerberos")
    .description("look at the Kerberos of this host: libraries, realm, keytab, keys; log in to ourselves")
    .option("--keytab <file>", "keytab (default: kerberos-keytab of the configuration, else that of libkrb5)")
    .action(async ({ keytab }: { readonly keytab?: string }) =>
      report(tools, await examineKeytab(keytab ?? tools.config().kerberosKeytab)),
    );
}

interface DoctorFlags {
  readonly domain?: readonly string[];
  readonly nameServer?: readonly string[];
  readonly ca?: string;
}

async function examineKeytab(keytab: string | undefined): Promise<readonly Finding[]> {
  // Loaded for this alone: no other command needs the libraries.
  const { examineKerberos } = await import("../doctor/examine-kerberos.ts");
  return examineKerberos(keytab);
}

/** The server, the stores that the configuration names, and what the world sees. */
async function examineAll(tools: Tools, flags: DoctorFlags): Promise<readonly Finding[]> {
  const config = tools.config();
  const authorities = flags.ca === undefined ? [] : [...rootCertificates, readFileSync(flags.ca)];
  const domains = (flags.domain ?? []).map((domain) =>
    examineDomain({ domain, nameServers: flags.nameServer ?? [], authorities }),
  );
  const found = await Promise.all([
    examineServer(config, tools.version),
    examinePostgres(config),
    examineRedis(config),
    config.kerberosKeytab === undefined ? [] : examineKeytab(config.kerberosKeytab),
    ...domains,
  ]);
  return [...found.flat(), ...examineSecrets(config)];
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
  for (const finding of findings) {
    const { verdict, check, detail } = finding;
    console.log(`${marks[verdict]}  ${check.padEnd(14)}${printable(detail)}`);
    if (finding.verdict !== "fine")
      console.log(`      ${" ".repeat(14)}${colors.bold(printable(finding.advice))}`);
  }
}

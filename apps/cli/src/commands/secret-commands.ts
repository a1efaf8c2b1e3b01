import type { ResealedSecrets, Statistics } from "@poplar/operations";
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import { ProgressBar } from "../progress-bar.ts";
import type { Tools } from "../tools.ts";

type Sum = Omit<ResealedSecrets, "next">;

/** `poplar secrets …` */
export function addSecretCommands(program: Command, tools: Tools): void {
  const secrets = program.command("secrets").description("secrets that are kept sealed");

  secrets
    .command("reseal")
    .description("seal again, under the newest of secret-keys, what lies under an older one")
    .option("--dry-run", "only count it")
    .addHelpText("after", examples("poplar secrets reseal --dry-run", "poplar secrets reseal"))
    .action(async ({ dryRun = false }: { dryRun?: boolean }) => {
      const sum = await resealAll(tools, dryRun);
      tools.printer.done(sum, sentence(sum, dryRun));
    });
}

async function resealAll(tools: Tools, isDryRun: boolean): Promise<Sum> {
  const api = tools.api();
  const { logins } = await api.call<Statistics>({ method: "GET", path: "/statistics" });
  const bar = new ProgressBar(logins, "logins");
  let sum: Sum = { logins: 0, outdated: 0, unreadable: 0, awaited: 0 };
  let after: string | undefined;
  do {
    const body = { isDryRun, limit: 500, ...(after !== undefined && { after }) };
    const slice = await api.call<ResealedSecrets>({ method: "POST", path: "/secrets/reseal", body });
    bar.advance(slice.logins);
    sum = {
      logins: sum.logins + slice.logins,
      outdated: sum.outdated + slice.outdated,
      unreadable: sum.unreadable + slice.unreadable,
      awaited: sum.awaited + slice.awaited,
    };
    after = slice.next ?? undefined;
  } while (after !== undefined);
  bar.end();
  return sum;
}

function sentence({ logins, outdated, unreadable, awaited }: Sum, isDryRun: boolean): string {
  const done = isDryRun ? "lie under an older key" : "were sealed again";
  const lost =
    unreadable === 0 ? "" : ` ${unreadable} are opened by no key: give these logins new passwords.`;
  const app =
    awaited === 0
      ? ""
      : ` ${awaited} app passwords are renewed when they are next used: keep the older key until then.`;
  return `Of ${logins} logins ${outdated - unreadable} secrets ${done}.${lost}${app}`;
}

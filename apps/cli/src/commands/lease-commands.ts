import type { BrokenLeases, LeaseEntry } from "@poplar/operations";
import type { Command } from "commander";
import { timeText } from "../printer.ts";
import type { Tools } from "../tools.ts";

const pathOf = (login: string): string => `/leases/${encodeURIComponent(login)}`;

/** `poplar lease …` */
export function addLeaseCommands(program: Command, tools: Tools): void {
  const lease = program.command("lease").description("exclusive access to maildrops");

  lease
    .command("show")
    .description("show who has the maildrop of a login open")
    .argument("<login>")
    .action(async (login: string) => {
      tools.printer.table(
        await tools.api().list<LeaseEntry>(pathOf(login)),
        [
          ["LOGIN", (holder) => holder.login],
          ["SEES", ({ view }) => (view.kind === "whole" ? "everything" : `mail for ${view.localPart}`)],
          ["ADDRESS", ({ address }) => address],
          ["SINCE (UTC)", ({ since }) => timeText(since)],
          ["SESSION", ({ sessionId }) => sessionId],
        ],
        `Nobody has the maildrop of ${login} open.`,
      );
    });

  lease
    .command("break")
    .description("take a maildrop away from whoever has it open; those sessions end, and delete nothing")
    .argument("<login>")
    .action(async (login: string) => {
      const answer = await tools.api().call<BrokenLeases>({ method: "DELETE", path: pathOf(login) });
      const what = answer.broken === 0 ? "Nobody had it open" : `Ended ${answer.broken} of its sessions`;
      tools.printer.done(answer, `${what}: the maildrop of ${login} is free.`);
    });
}

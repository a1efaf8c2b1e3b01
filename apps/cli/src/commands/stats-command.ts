import type { Statistics } from "@poplar/operations";
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import { octetsText } from "../printer.ts";
import type { Tools } from "../tools.ts";

/** `poplar stats` */
export function addStatsCommand(program: Command, tools: Tools): void {
  program
    .command("stats")
    .description("how much of everything there is: domains, logins, maildrops, mail, sessions")
    .addHelpText("after", examples("poplar stats", "poplar stats --json | jq .messages"))
    .action(async () => {
      const stats = await tools.api().call<Statistics>({ method: "GET", path: "/statistics" });
      tools.printer.detail(stats, [
        ["domains", stats.domains],
        ["logins", `${stats.logins}, of which ${stats.disabledLogins} disabled`],
        ["maildrops", stats.maildrops],
        ["messages", `${stats.messages} (${octetsText(stats.octets)})`],
        ["deleted, restorable", `${stats.hiddenMessages} (${octetsText(stats.hiddenOctets)})`],
        ["sessions", sessionsText(stats.sessions)],
      ]);
    });
}

const sessionsCounted = 1000;

function sessionsText(sessions: number | null): string {
  if (sessions === null) return "unknown: the lease store does not answer";
  return sessions < sessionsCounted ? String(sessions) : `${sessions} or more`;
}

import type { KickedSessions, SessionEntry } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples } from "../arguments.ts";
import { type Column, octetsText, timeText } from "../printer.ts";
import { Refusal } from "../refusal.ts";
import type { Tools } from "../tools.ts";
import { countedText, warnOfSilence } from "./ended-sessions.ts";

const columns: readonly Column<SessionEntry>[] = [
  ["SESSION", ({ sessionId }) => sessionId],
  ["LOGIN", ({ login }) => login ?? "-"],
  ["ADDRESS", ({ address }) => address],
  ["MECHANISM", ({ mechanism }) => mechanism ?? "-"],
  ["TLS", ({ tlsVersion }) => tlsVersion ?? "-"],
  ["SINCE (UTC)", ({ since }) => timeText(since)],
  ["COMMANDS", ({ commands }) => commands],
  ["SENT", ({ octetsSent }) => octetsText(octetsSent)],
  ["NODE", ({ node }) => node],
];

/** `poplar sessions …` */
export function addSessionCommands(program: Command, tools: Tools): void {
  const sessions = program.command("sessions").description("who is connected where");

  sessions
    .command("list")
    .description("list the sessions that are open now, on all nodes, the oldest first")
    .option("--login <login>", "of this login only")
    .option("--address <address>", "from this address only")
    .option("--limit <count>", "at most so many", entryLimit)
    .action(async ({ login, address, limit }: { login?: string; address?: string; limit?: number }) => {
      const found = await tools.api().listSessions({ limit, query: { login, address } });
      warnOfSilence(found);
      if (tools.printer.isJson) tools.printer.done(found, "");
      else tools.printer.table(found.sessions, columns, "Nobody is connected.");
    });

  sessions
    .command("kick")
    .description("end sessions wherever they are; nothing that they marked is deleted")
    .argument("[session]", "id of one session, as in the list and in the log")
    .option("--login <login>", "those of this login")
    .option("--address <address>", "those from this address")
    .option("--dry-run", "list those that would end, and end none")
    .addHelpText(
      "after",
      examples(
        "poplar sessions kick 0f8fad5b-d9cb-469f-a165-70867728950e",
        "poplar sessions kick --login alice@example.test",
      ),
    )
    .action(async (sessionId: string | undefined, { dryRun, ...options }: KickFlags) => {
      if (sessionId === undefined && options.login === undefined && options.address === undefined) {
        throw new Refusal("usage", "usage", "Which sessions? Name one, or give --login or --address.");
      }
      const query = { ...options, sessionId };
      if (dryRun === true) return showMeant(tools, query);
      const ended = await kickAll(tools, query);
      warnOfSilence(ended);
      const { sessions: cut, isMoreLeft } = ended;
      const more = isMoreLeft ? " There may be more: they come as fast as they are ended." : "";
      tools.printer.done(ended, `Ended ${countedText(cut.length, "session")}.${more}`);
    });
}

interface KickFlags {
  readonly login?: string;
  readonly address?: string;
  readonly dryRun?: true;
}

/** The server ends so many at a time: each round ends those that are there, and all but the last are full. */
const roundsMax = 100;

/** Ends them until none are left. Those who come back at once are not chased for ever. */
async function kickAll(
  tools: Tools,
  query: Readonly<Record<string, string | undefined>>,
): Promise<KickedSessions> {
  const sessions: SessionEntry[] = [];
  const silentNodes = new Set<string>();
  let isMoreLeft = true;
  for (let round = 0; isMoreLeft && round < roundsMax; round += 1) {
    const ended = await kickRound(tools, query, round === 0);
    sessions.push(...ended.sessions);
    for (const node of ended.silentNodes) silentNodes.add(node);
    isMoreLeft = ended.isMoreLeft;
  }
  return { sessions, silentNodes: [...silentNodes], isMoreLeft };
}

/** That nobody is left is no failure but at the first time. */
async function kickRound(
  tools: Tools,
  query: Readonly<Record<string, string | undefined>>,
  isFirst: boolean,
): Promise<KickedSessions> {
  try {
    return await tools.api().call<KickedSessions>({ method: "DELETE", path: "/sessions", query });
  } catch (err) {
    if (isFirst || !(err instanceof Refusal) || err.code !== "not-found") throw err;
    return { sessions: [], silentNodes: [], isMoreLeft: false };
  }
}

/** The list knows no single session: it is picked out here. */
async function showMeant(
  tools: Tools,
  { sessionId, ...query }: { readonly sessionId: string | undefined; login?: string; address?: string },
): Promise<void> {
  const found = await tools.api().listSessions({ query });
  warnOfSilence(found);
  const meant = found.sessions.filter(
    (session) => sessionId === undefined || session.sessionId === sessionId,
  );
  tools.printer.table(meant, columns, "No session would end.");
}

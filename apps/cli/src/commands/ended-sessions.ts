import type { EndedSessions, SessionsEntry } from "@poplar/operations";

/** What became of the sessions of a login, as a sentence behind what was done to it. */
export function endedText({ endedSessions }: EndedSessions): string {
  if (endedSessions === null) {
    return " Its sessions could not be reached, for Redis does not answer: those that are open go on.";
  }
  if (endedSessions === 0) return " It had no sessions open.";
  return ` Ended ${countedText(endedSessions, "session")}; nothing was deleted by that.`;
}

/** On standard error, so that scripts still read the answer. */
export function warnOfSilence({ silentNodes }: Pick<SessionsEntry, "silentNodes">): void {
  if (silentNodes.length > 0) console.error(`Not all have answered: ${silentNodes.join(", ")}`);
}

/** How many of something. */
export const countedText = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

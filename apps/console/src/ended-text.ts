import type { EndedSessions } from "@poplar/operations";

/** What became of the sessions of a login, as a sentence. */
export function endedText({ endedSessions, silentNodes }: EndedSessions): string {
  const silent =
    silentNodes.length === 0 ? "" : ` ${silentNodes.join(", ")} did not answer: sessions may go on there.`;
  if (endedSessions === null) return `Its sessions could not be reached: those that are open go on.${silent}`;
  return `Sessions ended: ${endedSessions}.${silent}`;
}

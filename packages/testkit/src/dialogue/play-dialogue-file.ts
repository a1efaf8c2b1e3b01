import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Dialogue } from "./dialogue.ts";
import { parseDialogues } from "./parse-dialogues.ts";
import { play } from "./player.ts";
import type { Venue } from "./venue.ts";

/** The dialogues of a `.pop` file. Throws with file and line when it is not understood. */
export function readDialogues(file: URL): readonly Dialogue[] {
  try {
    return parseDialogues(readFileSync(file, "utf8"));
  } catch (err) {
    throw new Error(`${fileURLToPath(file)}: ${err instanceof Error ? err.message : String(err)}`, {
      cause: err,
    });
  }
}

/** True where the venue can set up what the dialogue needs. */
export const isPlayable = (dialogue: Dialogue, venue: Venue): boolean =>
  (dialogue.over === undefined || dialogue.over === (venue.isTls ? "tls" : "plaintext")) &&
  (dialogue.fixture.failures.length === 0 || venue.canFail);

/** Makes one test of each dialogue of a `.pop` file that is playable at the venue. */
export function playDialogueFile(file: URL, venue: Venue): void {
  for (const dialogue of readDialogues(file)) {
    if (!isPlayable(dialogue, venue)) continue;
    test(`${basename(file.pathname)}: ${dialogue.name} (${venue.name})`, async () => {
      await using stage = await venue.setUp(dialogue.fixture);
      await play(dialogue, stage);
    });
  }
}

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { isPlayable, PURE, PURE_CUT, PURE_TLS, playDialogueFile, readDialogues } from "@poplar/testkit";

const folder = new URL("../packages/protocol/tests/dialogues/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".pop"))
  .map((name) => new URL(name, folder));

for (const file of files) {
  for (const venue of [PURE, PURE_CUT, PURE_TLS]) playDialogueFile(file, venue);
}

/** Those that a stream of octets can show; timers, certificates and log lines belong to `server`. */
// biome-ignore format: in the order of the list
const STATEMENTS: readonly number[] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
];

test("each statement about the wire has a dialogue, and each dialogue can be played", () => {
  const dialogues = files.flatMap(readDialogues);
  const tested = new Set(dialogues.flatMap((dialogue) => dialogue.statements));
  assert.deepEqual(
    STATEMENTS.filter((number) => !tested.has(`T${number}`)),
    [],
  );
  for (const dialogue of dialogues) {
    assert.ok(isPlayable(dialogue, PURE) || isPlayable(dialogue, PURE_TLS), dialogue.name);
  }
});

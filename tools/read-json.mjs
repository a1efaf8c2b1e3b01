import { readFileSync } from "node:fs";

/**
 * Reads a file that npm or this repository wrote: its form is believed.
 *
 * @template T
 * @param {string} file
 * @returns {T}
 */
export function readJson(file) {
  // oxlint-disable-next-line typescript/no-unsafe-return -- believed, see above
  return JSON.parse(readFileSync(file, "utf8"));
}

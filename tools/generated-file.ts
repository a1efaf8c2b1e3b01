import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Writes a generated file, or fails the process when the one that is there differs. */
export function keepGenerated(path: string, text: string, isToBeWritten: boolean): void {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  if (isToBeWritten) {
    writeFileSync(path, text);
    return;
  }
  console.log(`${path} is not what it is generated from: npm run docs`);
  process.exitCode = 1;
}

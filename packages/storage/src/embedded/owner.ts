import { readFile, rm, writeFile } from "node:fs/promises";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

/**
 * Takes a data folder for this process, so that no other one stops its server underneath it. What a process
 * that is gone left behind counts for nothing.
 */
export async function takeOwnership(ownerFile: string, dataDir: string): Promise<() => Promise<void>> {
  const mine = `${process.pid} ${await startOf(process.pid)}\n`;
  for (;;) {
    try {
      await writeFile(ownerFile, mine, { flag: "wx", mode: 0o600 });
      return async () => rm(ownerFile, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const other = await readFile(ownerFile, "utf8").catch(() => "");
    const pid = Number(other.split(" ")[0]);
    if (other !== "" && `${pid} ${await startOf(pid)}\n` === other && other !== mine) {
      throw new EmbeddedPostgresError(
        "folder-in-use",
        `the data folder ${dataDir} is in use by process ${pid}; stop it, or choose another data folder`,
      );
    }
    await rm(ownerFile, { force: true });
  }
}

/** When a process started, in a form to compare: ids are given again. Empty when it is gone. */
async function startOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // Field 22, counted after the name, which may hold spaces.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  }
  try {
    process.kill(pid, 0);
    return "alive";
  } catch {
    return "";
  }
}

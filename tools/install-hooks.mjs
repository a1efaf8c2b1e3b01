/** `npm run prepare`: installs the git hooks of package.json, but not in CI, in a tarball or in an image. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, "node_modules", "simple-git-hooks", "cli.js");
const isWanted = process.env["CI"] === undefined && existsSync(join(root, ".git")) && existsSync(program);
if (isWanted) {
  const done = spawnSync(process.execPath, [program], { cwd: root, encoding: "utf8" });
  // A checkout without hooks is still a good checkout.
  if (done.status !== 0) console.warn(`poplar: no git hooks\n${done.stdout}${done.stderr}`);
}

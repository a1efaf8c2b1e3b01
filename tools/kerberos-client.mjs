/** The package `kerberos`, a client of the tests: C++ that no `npm ci` compiles, and few machines can. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const BUILD_MS_MAX = 120_000;

/**
 * Compiles it when npm has not: package.json allows it no install script. Where that fails the test of this
 * client says that it is left out, and why; all others run.
 *
 * @param {string} root
 */
export function makeKerberosClientReady(root) {
  const at = join(root, "node_modules", "kerberos");
  if (!existsSync(at) || existsSync(join(at, "build", "Release", "kerberos.node"))) return;
  // npm tells its scripts where its node-gyp is.
  const gyp = process.env["npm_config_node_gyp"];
  if (gyp === undefined) return;
  console.log("poplar: compiling the Kerberos client of the tests …");
  const done = spawnSync(process.execPath, [gyp, "rebuild"], {
    cwd: at,
    encoding: "utf8",
    timeout: BUILD_MS_MAX,
  });
  if (done.status === 0) return;
  const why = done.error?.message ?? done.stderr.match(/(?:error|ERR!).*/i)?.[0] ?? "no reason given";
  console.log(`poplar: it does not compile, and its test is left out: ${why}`);
}

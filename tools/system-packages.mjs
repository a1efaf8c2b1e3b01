/** The programs that the tests talk to, named with their reasons in system-packages.json. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { readJson } from "./read-json.mjs";

/**
 * @typedef {{
 *   readonly package: string,
 *   readonly program?: string,
 *   readonly perlModule?: string,
 *   readonly file?: string,
 *   readonly for?: string,
 *   readonly why: string,
 * }} SystemPackage
 */

/**
 * As root on Debian: installs what is missing. Elsewhere: throws with the command to type.
 *
 * @param {string} root
 * @param {string} [purpose] of a test that runs on demand: its own programs only, which others do not need.
 */
export function makeSystemPackagesReady(root, purpose) {
  /** @type {readonly SystemPackage[]} */
  const wanted = readJson(join(root, "tools", "system-packages.json"));
  const missing = wanted.filter((entry) => entry.for === purpose && !isThere(entry));
  if (missing.length === 0) return;

  const names = missing.map((entry) => entry.package);
  const isDebian = existsSync("/etc/debian_version");
  if (!isDebian || process.getuid?.() !== 0) {
    const reasons = missing.map((entry) => `  ${entry.package}: ${entry.why}`).join("\n");
    const command = isDebian
      ? `sudo apt-get install -y --no-install-recommends ${names.join(" ")}`
      : "install what your system calls these Debian packages";
    throw new Error(`the tests need programs that this machine does not have\n${reasons}\n${command}`);
  }
  console.log(`poplar: installing ${names.join(" ")} …`);
  withoutStartingServices(() => {
    apt(["update"]);
    // A mail transfer agent that somebody uses is not to be replaced by the one that the tests want.
    apt(["install", "--yes", "--no-install-recommends", "--no-remove", ...names]);
  });
  const still = missing.filter((entry) => !isThere(entry)).map((entry) => entry.package);
  if (still.length > 0) throw new Error(`installed, and yet not found: ${still.join(" ")}`);
}

/** @param {SystemPackage} entry */
function isThere({ program, perlModule, file }) {
  if (perlModule !== undefined) return spawnSync("perl", [`-M${perlModule}`, "-e", "1"]).status === 0;
  if (file !== undefined) return existsSync(file);
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin/mh"];
  return folders.some((folder) => existsSync(join(folder, String(program))));
}

/**
 * Debian starts a server when its package is installed. The tests want the program only.
 *
 * @param {() => void} install
 */
function withoutStartingServices(install) {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  // A signal that arrives meanwhile must not leave the policy behind.
  const wait = () => {};
  process.on("SIGINT", wait).on("SIGTERM", wait);
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy, { force: true });
    process.off("SIGINT", wait).off("SIGTERM", wait);
  }
}

/** @param {readonly string[]} args */
function apt(args) {
  const done = spawnSync("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=120", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (done.status === 0) return;
  throw new Error(`apt-get ${args.join(" ")} failed\n${done.stdout.slice(-2_000)}${done.stderr}`);
}

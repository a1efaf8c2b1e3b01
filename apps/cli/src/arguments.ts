import { InvalidArgumentError } from "commander";

/** A number of entries. */
export function entryLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Give a whole number, 1 or more.");
  return Number(text);
}

/** How many of something, perhaps none. */
export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

/** A port, or 0 for none. */
export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError("Give a port from 1 to 65535, or 0.");
  }
  return Number(text);
}

const unitOctets: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["K", 1024],
  ["M", 1024 ** 2],
  ["G", 1024 ** 3],
  ["T", 1024 ** 4],
]);

/** A quota: octets with an optional K, M, G or T; `none` is `null`. */
export function quota(text: string): number | null {
  if (text.toLowerCase() === "none") return null;
  const [, digits = "", unit = ""] = /^(\d{1,12})([KMGT]?)i?B?$/i.exec(text) ?? [];
  const octets = Number(digits) * (unitOctets.get(unit.toUpperCase()) ?? 1);
  if (digits === "" || !Number.isSafeInteger(octets)) {
    throw new InvalidArgumentError("Give octets, such as 500M or 2G, or none.");
  }
  return octets;
}

/** What `--help` shows at its end. */
export const examples = (...commands: readonly string[]): string =>
  [`\nExample${commands.length === 1 ? "" : "s"}:`, ...commands.map((command) => `  ${command}`)].join("\n");

/** Networks, separated by commas. The server says which of them are none. */
export const networkList = (text: string): readonly string[] =>
  text.split(",").map((network) => network.trim());

/** A time: ISO 8601, or how long ago, e.g. `2h` or `7d`. */
export function timeAgo(text: string): string {
  const [, digits, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (digits !== undefined) {
    const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0;
    return new Date(Date.now() - Number(digits) * milliseconds).toISOString();
  }
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError("Give a time such as 2026-11-24T12:00:00Z, or how long ago, such as 2h.");
  }
  return time.toISOString();
}

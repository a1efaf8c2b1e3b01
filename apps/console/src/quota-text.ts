const units = ["", "K", "M", "G", "T"] as const;

/**
 * Octets that somebody has typed, with a K, M, G or T for powers of 1,024, as the command line takes them;
 * empty is no limit. `undefined`: these are no octets.
 */
export function quotaIn(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === "" || typed.toLowerCase() === "none") return null;
  const [, digits = "", unit = ""] = /^(\d{1,12})([KMGT]?)(?:i?B)?$/i.exec(typed) ?? [];
  const octets = Number(digits) * 1024 ** units.findIndex((each) => each === unit.toUpperCase());
  return digits !== "" && Number.isSafeInteger(octets) ? octets : undefined;
}

/** The shortest text that `quotaIn` reads as just so many octets. */
export function quotaText(octets: number | null): string {
  if (octets === null) return "";
  let [rest, power] = [octets, 0];
  while (rest > 0 && rest % 1024 === 0 && power < units.length - 1) {
    rest /= 1024;
    power += 1;
  }
  return `${rest}${units[power] ?? ""}`;
}

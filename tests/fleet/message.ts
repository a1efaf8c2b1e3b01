import { Random } from "./random.ts";

/**
 * Header field that names a message; everything from it on is the sender's, what precedes it are trace
 * headers.
 */
const nameField = "X-Fleet-Message: ";

/** A message that can be made again from its name, octet by octet. */
export function messageOf(name: string): string {
  const random = new Random(hashOf(name));
  // Beyond 512 KiB a message takes another way into the store.
  const octets = random.chance(0.01) ? 600_000 : random.integer(1, 12) ** 4;
  const line = () =>
    `${random.chance(0.1) ? "." : ""}${"abcdefghij".repeat(7)}${random.integer(0, 9999)}\r\n`;
  const lines: string[] = [];
  for (let left = octets; left > 0; left -= 75) lines.push(line());
  return `${nameField}${name}\r\nSubject: test\r\n\r\n${lines.join("")}`;
}

/** The name of a message that was retrieved; when a single octet of it is wrong, words that say so. */
export function recognize(text: string): string {
  const at = text.startsWith(nameField) ? 0 : text.indexOf(`\r\n${nameField}`) + 2;
  const own = text.slice(at);
  const name = own.slice(nameField.length, own.indexOf("\r\n"));
  return own === messageOf(name) ? name : `${name}, corrupted: ${text.length} octets`;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

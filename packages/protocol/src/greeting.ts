import { plain, type Reply, withinLine } from "./reply.ts";

const GREETING = /^(?!\[)[\x20-\x3b\x3d-\x7e]*$/;

/** A msg-id, short enough that a line holds it. RFC 1939 §7. */
const TIMESTAMP = /^<[\x21-\x3b\x3d\x3f\x41-\x7e]{1,100}@[\x21-\x3b\x3d\x3f\x41-\x7e]{1,255}>$/;

/** Texts are cut to this where a timestamp follows: clients need that whole. */
const textBeforeTimestampMax = 100;

/** @throws for a text that would read as a response code (RFC 2449 §8) or announce APOP (RFC 1939 §7). */
export function checkGreeting(text: string): void {
  if (!GREETING.test(text)) throw new Error(`session: "${text}" is no greeting`);
}

/** The greeting, with the timestamp at its end where APOP is on. @throws for what is no timestamp. */
export function greeting(text: string, apopTimestamp: string | undefined): Reply {
  if (apopTimestamp === undefined) return plain(withinLine(text));
  if (!TIMESTAMP.test(apopTimestamp)) throw new Error(`session: "${apopTimestamp}" is no timestamp`);
  return plain(`${text.slice(0, textBeforeTimestampMax)} ${apopTimestamp}`);
}

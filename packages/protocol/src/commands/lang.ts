import { wordsOf } from "../command-line.ts";
import type { Decision } from "../decision.ts";
import { syntax } from "../fault.ts";
import { say } from "../reply.ts";
import { LANGUAGE_LINES, speechFor } from "../texts/speech.ts";
import type { Authorization, Transaction, Verb } from "../verb.ts";

function choose({ mode }: Authorization | Transaction, argument: Uint8Array | undefined): Decision {
  const [range, ...more] = wordsOf(argument);
  if (range === undefined) return { reply: { key: "languages-follow" }, lines: LANGUAGE_LINES };
  if (more.length > 0) return syntax("lang-argument");
  const speech = speechFor(range);
  if (speech === undefined) return { fault: "unknown-language" };
  mode.speech = speech;
  return { reply: say("language-chosen", speech.tag) };
}

/** Chooses the language of all texts from here on; with no argument, lists those there are. */
export const LANG: Verb = { rfc: "RFC 6856 §3.2", AUTHORIZATION: choose, TRANSACTION: choose };

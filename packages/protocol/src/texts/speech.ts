import type { Reply } from "../reply.ts";
import { DE } from "./de.ts";
import { EN } from "./en.ts";
import { ES } from "./es.ts";
import { FR } from "./fr.ts";
import { JA } from "./ja.ts";
import { statusOf } from "./status.ts";
import type { Language } from "./text-key.ts";
import { VI } from "./vi.ts";

/** All languages, the one that is spoken unasked first. */
export const LANGUAGES: readonly Language[] = [EN, VI, DE, FR, ES, JA];

/** English for everybody. RFC 2277 §4.5. */
const DEFAULT_TAG = "i-default";

const STATUS = /^(?:\+OK|-ERR) (?:\[[^\]]*\] )?/;

/** A line in pieces: the number of a value, and the text behind it. */
interface Template {
  readonly head: string;
  readonly tail: readonly (readonly [value: number, text: string])[];
}

/** One language, with every reply made ready: to say one without values is to hand out a string. */
export class Speech {
  /** As a client names it. */
  readonly tag: string;
  readonly #language: Language;
  readonly #lines: ReadonlyMap<string, string | Template>;

  constructor(language: Language, tag: string = language.tag) {
    this.tag = tag;
    this.#language = language;
    this.#lines = new Map(
      Object.entries(language.texts).map(
        ([key, text]) => [key, templateOf(`${statusOf(key)} ${text}\r\n`)] as const,
      ),
    );
  }

  /** The reply as a line with its CRLF. */
  line(reply: Reply): string {
    if ("line" in reply) return `${reply.line}\r\n`;
    const template = this.#lines.get(reply.key) ?? "";
    if (typeof template === "string") return template;
    let line = template.head;
    for (const [value, text] of template.tail) line += `${reply.values?.[value] ?? ""}${text}`;
    return line;
  }

  /** The text alone, without indicator, response code and CRLF. */
  text(reply: Reply): string {
    return this.line(reply).replace(STATUS, "").trimEnd();
  }

  /** A refusal with the news that it was the last. */
  lastLine(reply: Reply): string {
    return `${this.line(reply).trimEnd()}; ${this.#language.tooManyFaults}\r\n`;
  }
}

function templateOf(text: string): string | Template {
  const [head = "", ...rest] = text.split(/\{(?=[0-9]\})/);
  if (rest.length === 0) return head;
  return { head, tail: rest.map((piece) => [Number(piece.charAt(0)), piece.slice(2)] as const) };
}

const SPEECHES: ReadonlyMap<string, Speech> = new Map([
  ...LANGUAGES.map((language) => [language.tag, new Speech(language)] as const),
  [DEFAULT_TAG, new Speech(EN, DEFAULT_TAG)],
]);

/** What is spoken until a client asks for something else. */
export const ENGLISH: Speech = SPEECHES.get(EN.tag) ?? new Speech(EN);

/**
 * The language that a client means: `*` is the one spoken unasked; of `de-AT-1996` what we have of it, here
 * `de`. RFC 6856 §3.2, RFC 4647 §3.4.
 */
export function speechFor(range: string): Speech | undefined {
  if (range === "*") return ENGLISH;
  for (let tag = range.toLowerCase(); tag !== ""; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-")))) {
    const speech = SPEECHES.get(tag);
    if (speech !== undefined) return speech;
  }
  return undefined;
}

/** Lines of the answer to LANG: a tag and what speakers call their language. RFC 6856 §3.2. */
export const LANGUAGE_LINES: readonly string[] = [
  `${DEFAULT_TAG} ${EN.name}`,
  ...LANGUAGES.map(({ tag, name }) => `${tag} ${name}`),
];

/** A reply in English, as a line with its CRLF. */
export const encodeReply = (reply: Reply): string => ENGLISH.line(reply);

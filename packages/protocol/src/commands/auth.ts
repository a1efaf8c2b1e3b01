import { decodeBase64 } from "../base64.ts";
import { wordsOf } from "../command-line.ts";
import { NOT_BASE64 } from "../exchange.ts";
import { syntax } from "../fault.ts";
import { isPasswordMechanism, mechanismsOn } from "../mechanisms.ts";
import { isPasswordAcceptable, type Verb } from "../verb.ts";

/** RFC 4422 §3.1, in any case. */
const MECHANISM = /^[A-Za-z0-9_-]{1,20}$/;

/** A response that is there and empty, where a word has to stand for it. RFC 5034 §4. */
const EMPTY_RESPONSE = "=";

/**
 * Begins a SASL exchange; with no mechanism, lists them, as old clients expect.
 *
 * Where passwords may not travel, the mechanisms that send one are refused before it does (RFC 8314 §4.1).
 */
export const AUTH: Verb = {
  rfc: "RFC 5034 §4",
  AUTHORIZATION: (session, argument) => {
    const { link } = session;
    const [name, initial, ...more] = wordsOf(argument);
    if (name === undefined) return { reply: { key: "mechanisms-follow" }, lines: mechanismsOn(link) };
    if (more.length > 0) return syntax("auth-arguments");
    session.name = undefined;
    if (!MECHANISM.test(name)) return { fault: "mechanism-unavailable" };
    const mechanism = name.toUpperCase();
    if (isPasswordMechanism(mechanism) && !isPasswordAcceptable(link)) return { fault: "tls-required" };
    if (initial === undefined) return { effect: { do: "start-exchange", mechanism, response: undefined } };
    const response = initialResponse(initial);
    return response === undefined ? NOT_BASE64 : { effect: { do: "start-exchange", mechanism, response } };
  },
};

function initialResponse(word: string): Uint8Array | undefined {
  if (word === EMPTY_RESPONSE) return new Uint8Array(0);
  // Two spaces in a row have an empty word between them, which is no way to be empty.
  return word === ""
    ? undefined
    : decodeBase64(Uint8Array.from(word, (character) => character.charCodeAt(0)));
}

import type { Fault } from "@poplar/protocol";
import { LOGIN } from "./fixture.ts";

/** What a scripted exchange does next: ask, let `LOGIN` in, or turn the client away. */
export type ScriptedStep = { readonly challenge: Uint8Array } | "authenticated" | Fault;

/** A SASL exchange in which nothing is left to chance, so that a dialogue can tell both sides. */
export interface ScriptedExchange {
  next(response: Uint8Array | undefined): ScriptedStep;
}

/** Yields challenges, is given responses, and ends with whether they were right. Text is latin1. */
type Script = (initial: string | undefined) => Generator<string, boolean, string>;

/** RFC 2195 §2, the example. */
const CRAM_MD5 = {
  challenge: "<1896.697170952@postoffice.reston.mci.net>",
  response: "tim b913a602c7eda7a495b4e6e7334d3890",
};

/** RFC 7677 §3, the example. */
const SCRAM_NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SCRAM_SHA_256 = {
  clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverFirst: `r=${SCRAM_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  clientFinal: `c=biws,r=${SCRAM_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

/** RFC 7628 §3.1, with `|` for the separator. A token of the letter U alone is a good one. */
const GOOD_BEARER = /^n,[^,]*,\|auth=Bearer U+\|\|$/;

const SCRIPTS: Readonly<Record<string, Script>> = {
  *PLAIN(initial) {
    const message = initial ?? (yield "");
    return message === `\0${LOGIN.name}\0${LOGIN.password}`;
  },
  *LOGIN(initial) {
    const name = initial ?? (yield "Username:");
    const password = yield "Password:";
    return name === LOGIN.name && password === LOGIN.password;
  },
  *"CRAM-MD5"(initial) {
    if (initial !== undefined) return false;
    return (yield CRAM_MD5.challenge) === CRAM_MD5.response;
  },
  *"SCRAM-SHA-256"(initial) {
    if ((initial ?? (yield "")) !== SCRAM_SHA_256.clientFirst) return false;
    if ((yield SCRAM_SHA_256.serverFirst) !== SCRAM_SHA_256.clientFinal) return false;
    return (yield SCRAM_SHA_256.serverFinal) === "";
  },
  *OAUTHBEARER(initial) {
    const claim = initial ?? (yield "");
    if (GOOD_BEARER.test(claim.replaceAll("\u0001", "|"))) return true;
    yield '{"status":"invalid_token"}';
    return false;
  },
};

/** Mechanisms that a dialogue can offer by `sasl:`. */
export const SCRIPTED_MECHANISMS: readonly string[] = Object.keys(SCRIPTS);

/** Begins an exchange that opens the maildrop of `LOGIN`; `undefined` where there is no script. */
export function beginScriptedExchange(mechanism: string): ScriptedExchange | undefined {
  const script = SCRIPTS[mechanism];
  if (script === undefined) return undefined;
  let running: Generator<string, boolean, string> | undefined;
  return {
    next: (response) => {
      const text = response && Buffer.from(response).toString("latin1");
      const step = running === undefined ? (running = script(text)).next() : running.next(text ?? "");
      if (step.done !== true) return { challenge: Buffer.from(step.value, "latin1") };
      return step.value ? "authenticated" : { fault: "bad-credentials" };
    },
  };
}

/** RFC 1939 §7, the example: the one digest that is right. */
export const isScriptedApop = (name: string, digest: string, timestamp: string): boolean =>
  name === "mrose" &&
  digest === "c4c9334bac560ecc979e58001b3e22fb" &&
  timestamp === "<1896.697170952@dbc.mtview.ca.us>";

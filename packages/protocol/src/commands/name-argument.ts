import { type Fault, syntax } from "../fault.ts";

// oxlint-disable-next-line no-control-regex -- a NUL is what this is for: stores refuse it, logs break on it
const CONTROL = /[\u0000-\u001f\u007f]/;

/** The one way from an argument to a name: `undefined` is what was not UTF-8. */
export function checkedName(text: string | undefined): string | Fault {
  return text === undefined || CONTROL.test(text) ? syntax("name-not-text") : text;
}

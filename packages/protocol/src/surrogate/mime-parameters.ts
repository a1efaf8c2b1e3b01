import { isAscii } from "./ascii.ts";

/** RFC 2045 §5.1: a value, then parameters behind semicolons, which may stand in quotes and comments too. */
const SEGMENTS = /(?:"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.)*\)?|[^";(])*/sy;

const MULTIPART = /^\s*multipart\//i;
const BOUNDARY = /^\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;()"]+))/is;

/** Without parameters that are not ASCII; `undefined` where the value itself is not. RFC 6858 §2.2. */
export function exciseParameters(value: string): string | undefined {
  const [main = "", ...parameters] = segmentsOf(value);
  return isAscii(main) ? [main, ...parameters.filter(isAscii)].join(";") : undefined;
}

/** What parts the parts of a multipart body; `undefined` for another body. RFC 2046 §5.1.1. */
export function boundaryOf(value: string): string | undefined {
  const [main = "", ...parameters] = segmentsOf(value);
  if (!MULTIPART.test(main)) return undefined;
  for (const parameter of parameters) {
    const match = BOUNDARY.exec(parameter);
    const boundary = match?.[2] ?? match?.[1]?.replace(/\\(.)/gs, "$1").trimEnd();
    if (boundary !== undefined && boundary !== "") return boundary;
  }
  return undefined;
}

function segmentsOf(value: string): readonly string[] {
  const segments: string[] = [];
  for (let at = 0; at <= value.length; at += 1) {
    SEGMENTS.lastIndex = at;
    const segment = SEGMENTS.exec(value)?.[0] ?? "";
    segments.push(segment);
    at += segment.length;
  }
  return segments;
}

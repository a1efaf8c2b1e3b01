import { BlockList, isIP } from "node:net";
import { availableParallelism } from "node:os";
import { z } from "zod";
import type { CertificateFiles } from "./config.ts";
import { parseKerberosRule } from "./kerberos-rule.ts";
import { parseRedisTarget } from "./redis-target.ts";

/** What a value must look like; the words become part of the error message and of the reference. */
export interface ValueSchema<T> {
  readonly schema: z.ZodType<T>;
  /** e.g. `a whole number from 1 to 10`. */
  readonly expected: string;
}

/** A whole number; text of digits when it comes from a flag or a variable. */
export function wholeNumber(min: number, max: number, unit = ""): ValueSchema<number> {
  return {
    schema: z.preprocess(fromDigits, z.int().min(min).max(max)),
    expected: `a whole number${unit && ` of ${unit}`} from ${min} to ${max}`,
  };
}

/** A port, or 0. */
export function port(): ValueSchema<number> {
  return { schema: wholeNumber(0, 65_535).schema, expected: "a port from 1 to 65535, or 0 for off" };
}

/** A number of processes, or one per core. */
export function processes(): ValueSchema<number> {
  return {
    schema: z.preprocess(
      (raw) => (raw === "auto" ? availableParallelism() : fromDigits(raw)),
      z.int().min(1).max(1024),
    ),
    expected: "a whole number from 1 to 1024, or auto",
  };
}

/** Yes or no; a flag alone means yes. */
export function yesOrNo(): ValueSchema<boolean> {
  return { schema: z.union([z.boolean(), z.stringbool()]), expected: "true or false" };
}

/** One of these words. */
export function oneOf<const Word extends string>(words: readonly Word[]): ValueSchema<Word> {
  return { schema: z.enum(words), expected: `one of ${words.join(", ")}` };
}

/** One or more of these words: a list, or text with commas. */
export function listOf<const Word extends string>(words: readonly Word[]): ValueSchema<Word[]> {
  return {
    schema: z.preprocess(fromList, z.array(z.enum(words)).min(1)),
    expected: `one or more of ${words.join(",")}`,
  };
}

/** Which people of which realms open which logins: a list, or text with commas. */
export function kerberosRules(): ValueSchema<string[]> {
  return {
    schema: z.preprocess(
      fromList,
      z.array(z.string().refine((text) => parseKerberosRule(text) !== undefined)),
    ),
    expected: "rules such as EXAMPLE.TEST=example.test,AD.EXAMPLE.TEST=example.test/i",
  };
}

/** A path, absolute or relative to the working directory. */
export function path(kind: "file" | "folder" | "socket"): ValueSchema<string> {
  return { schema: z.string().min(1).regex(noControls), expected: `the path of a ${kind}` };
}

/** An address to bind to. */
export function bindAddress(): ValueSchema<string> {
  return {
    schema: z.string().refine((text) => isIP(text) !== 0 || hostName.test(text)),
    expected: "an IP address or a host name",
  };
}

/** A host name as it stands in greetings and trace headers. */
export function dnsName(): ValueSchema<string> {
  return { schema: z.string().max(253).regex(hostName), expected: "a host name" };
}

/** A URL with one of these schemes. */
export function url(schemes: readonly string[], example: string): ValueSchema<string> {
  return {
    schema: z
      .string()
      .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))),
    expected: `a URL such as ${example}`,
  };
}

/** Where Redis is. */
export function redisUrl(): ValueSchema<string> {
  return {
    schema: z.string().refine((text) => parseRedisTarget(text) !== undefined),
    expected:
      "a URL such as redis://cache.example.test:6379, redis+sentinel://one,two/mymaster or redis+cluster://one,two",
  };
}

/** A name for people, on one line. */
export function title(): ValueSchema<string> {
  return {
    schema: z.string().trim().min(1).max(100).regex(noControls),
    expected: "words, 100 characters at most",
  };
}

/** What nobody shall guess. */
export function secret(): ValueSchema<string> {
  return {
    schema: z.string().min(secretCharactersMin),
    expected: `${secretCharactersMin} characters or more`,
  };
}

/** Anything a header can carry. */
export function token(): ValueSchema<string> {
  return {
    schema: z
      .string()
      .min(1)
      .regex(/^[\x21-\x7e]+$/),
    expected: "printable ASCII without spaces",
  };
}

/** Pairs of PEM files. */
export function certificateFiles(): ValueSchema<CertificateFiles[]> {
  const file = path("file").schema;
  return {
    schema: z.array(z.strictObject({ cert: file, key: file })),
    expected: "a list of { cert: FILE, key: FILE }",
  };
}

/** CIDR networks: a list, or text with commas. */
export function networks(): ValueSchema<string[]> {
  return {
    schema: z.preprocess(fromList, z.array(z.string().refine(isNetwork))),
    expected: "networks such as 10.0.0.0/8,fd00::/8",
  };
}

const secretCharactersMin = 32;

const hostName = /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i;
// oxlint-disable-next-line no-control-regex -- a path with a line feed or a NUL is a broken variable
const noControls = /^[^\x00-\x1f\x7f]*$/;

/** A list from text with commas; anything else as it is. */
export function fromList(raw: unknown): unknown {
  return typeof raw === "string" ? raw.split(",").map((part) => part.trim()) : raw;
}

function fromDigits(raw: unknown): unknown {
  return typeof raw === "string" && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
}

function isNetwork(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? "ipv4" : "ipv6");
    return true;
  } catch {
    return false;
  }
}

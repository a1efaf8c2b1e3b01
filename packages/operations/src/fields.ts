import { z } from "zod";

/** A domain, made NFKC and lower case. RFC 1035 §2.3.4: labels of 63 octets, 253 in all. */
export const domainName: () => z.ZodType<string, string> = () =>
  canonicalText().refine(
    isDomainName,
    must("be a domain of letters, digits and hyphens, such as example.test"),
  );

/** The name of a login, an address or a host (SDPS), made NFKC and lower case. */
export const loginName: () => z.ZodType<string, string> = () =>
  canonicalText().refine(
    (text) => isAddress(text) || isDomainName(text),
    must("be an address such as alice@example.test, or a host such as vision25.example.test"),
  );

/** The name of a login that is an address, too. */
export const loginAddress: () => z.ZodType<string, string> = () =>
  canonicalText().refine(isAddress, must("be an address such as alice@example.test"));

/** The name of a tenant: a word of the operator's. */
export const tenantName: () => z.ZodType<string, string> = () =>
  z
    .string(must("be text"))
    .regex(/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/, must("be a word in lower case such as acme"))
    .max(64, must("have at most 64 characters"));

/** What its owner calls a credential. */
export const credentialLabel: () => z.ZodType<string, string> = () =>
  z
    .string(must("be text"))
    .regex(/^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N} ._-]*[\p{L}\p{M}\p{N}])?$/u, must("be words such as phone"))
    .max(64, must("have at most 64 characters"));

/** Networks in CIDR form, or addresses. */
export const networks: () => z.ZodType<string[], string[]> = () =>
  z
    .array(
      z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], must("be networks such as 192.0.2.0/24")),
      must("be a list"),
    )
    .min(1, must("name at least one network"))
    .max(100, must("name at most 100 networks"));

/** An address of a maildrop, or the catch-all of a domain. */
export const address: () => z.ZodType<string, string> = () =>
  canonicalText().refine(
    (text) => isAddress(text) || (text.startsWith("*@") && isDomainName(text.slice("*@".length))),
    must("be an address such as sales@example.test, or *@example.test for the catch-all"),
  );

/** Where bounces of a message go; empty for the null reverse-path. RFC 5321 §4.5.5. */
export const reversePath: () => z.ZodType<string, string> = () =>
  z
    .string(must("be text"))
    .refine((text) => text === "" || isAddress(text.toLowerCase()), must("be an address, or empty"));

/** A password that PASS can carry: `PASS ` and CRLF leave 248 of a line's 255 octets (RFC 2449 §4). */
export const password: () => z.ZodType<string, string> = () =>
  z
    .string(must("be text"))
    .min(1, must("not be empty"))
    .refine((text) => !hasLineBreak.test(text), must("not hold a line break or NUL"))
    .refine(
      (text) => Buffer.byteLength(text) <= passwordOctetsMax,
      must(`have at most ${passwordOctetsMax} octets`),
    );

/** Octets that a maildrop may hold; `null` for no limit. */
export const quotaOctets: () => z.ZodType<number | null, number | null> = () =>
  z.int(must("be a whole number of octets, or null")).min(0, must("not be negative")).nullable();

/** A unique-id. RFC 1939 §7. */
export const uniqueId: () => z.ZodType<string, string> = () =>
  z.string(must("be text")).regex(/^[!-~]{1,70}$/, must("be a unique-id"));

/** In how many days something ends. */
export const lifetimeDays: () => z.ZodType<number, number> = () =>
  z
    .int(must("be a whole number of days"))
    .min(1, must("be 1 or more"))
    .max(lifetimeDaysMax, must(`be at most ${lifetimeDaysMax}`));

/** The moment so many days from now. */
export const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 3600 * 1000);

/** A message that is read once, to its end. */
export const messageSource: () => z.ZodType<AsyncIterable<Uint8Array>, AsyncIterable<Uint8Array>> = () =>
  z.custom<AsyncIterable<Uint8Array>>(
    (value) => typeof value === "object" && value !== null && Symbol.asyncIterator in value,
    must("be a stream of octets"),
  );

const passwordOctetsMax = 248;
const lifetimeDaysMax = 3650;

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const hasLineBreak = /[\r\n\0]/;

const must = (what: string): { error: string } => ({ error: `must ${what}` });

/** The form in which names are stored and compared, here and in `auth`. */
const canonicalText = (): z.ZodType<string, string> =>
  z
    .string(must("be text"))
    .overwrite((text) => text.normalize("NFKC").toLowerCase().normalize("NFKC"))
    .refine((text) => !/\p{Default_Ignorable_Code_Point}/u.test(text), must("not hold invisible characters"));

function isDomainName(text: string): boolean {
  return (
    Buffer.byteLength(text) <= 253 &&
    text
      .split(".")
      .every((label) => Buffer.byteLength(label) <= 63 && /^(?!-)[\p{L}\p{M}\p{N}-]+(?<!-)$/u.test(label))
  );
}

/**
 * An allow-list: letters and digits of any script and what RFC 5321 §4.1.2 allows in a Dot-string, less what
 * other systems give a meaning to: `%` (routing), `*` (the catch-all), `/` (paths) and the backquote.
 */
const dotString = /^[\p{L}\p{M}\p{N}!#$&'+=?^_{|}~-]+(\.[\p{L}\p{M}\p{N}!#$&'+=?^_{|}~-]+)*$/u;

/** RFC 5321 §4.5.3.1: 64 octets before the `@`, 254 in all. */
function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  const localPart = text.slice(0, Math.max(at, 0));
  if (Buffer.byteLength(localPart) > 64 || Buffer.byteLength(text) > 254) return false;
  return dotString.test(localPart) && isDomainName(text.slice(at + 1));
}

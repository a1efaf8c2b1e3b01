import type { Page, SessionPlace } from "@poplar/maildrop";
import { z } from "zod";

/** Which slice of a long list is wanted. */
export interface PageInput {
  /** `next` of the slice before. */
  readonly after?: string | undefined;
  /** 1 to 1,000; 100 when absent. Text of digits when it comes from a URL. */
  readonly limit?: number | string | undefined;
}

/** A slice of a long list. */
export interface Slice<Entry> {
  readonly entries: readonly Entry[];
  /** `after` for the slice that follows; `null` at the end. */
  readonly next: string | null;
}

const cursorOctetsMax = 320;

/** The fields of a `PageInput`. */
export const pageFields: {
  readonly after: z.ZodType<string | undefined, string | undefined>;
  readonly limit: z.ZodType<number, number | string | undefined>;
} = {
  after: z
    .string({ error: "must be text" })
    .max(cursorOctetsMax, { error: "is too long" })
    .regex(/^\P{Cc}*$/u, { error: "must not hold control characters" })
    .optional(),
  limit: z
    .union([z.int(), z.string().regex(/^\d+$/).transform(Number)], {
      error: "must be a whole number from 1 to 1000",
    })
    .default(100)
    .refine((limit) => limit >= 1 && limit <= 1000, { error: "must be a whole number from 1 to 1000" }),
};

/** The fields of a list in the order of numbers. */
export const numberedPageFields: typeof pageFields = {
  ...pageFields,
  after: z
    .string({ error: "must be text" })
    .regex(/^\d{1,15}$/, { error: "must be the next of the slice before" })
    .optional(),
};

/** The fields of a list in the order of sessions. */
export const placedPageFields: {
  readonly after: z.ZodType<SessionPlace | undefined, string | undefined>;
  readonly limit: typeof pageFields.limit;
} = {
  ...pageFields,
  after: z
    .string({ error: "must be text" })
    .regex(/^\d{1,15}\.[!-~]{1,200}$/, { error: "must be the next of the slice before" })
    .transform((text) => {
      const dot = text.indexOf(".");
      return { sinceMs: Number(text.slice(0, dot)), sessionId: text.slice(dot + 1) };
    })
    .optional(),
};

/** Where a list in the order of sessions goes on after this one. */
export const cursorOfPlace = ({ sinceMs, sessionId }: SessionPlace): string => `${sinceMs}.${sessionId}`;

/** What the registry is asked. */
export const pageOf = (input: { readonly after?: string | undefined; readonly limit: number }): Page => ({
  after: input.after,
  limit: input.limit,
});

/** A slice of what the registry answered. */
export function sliceOf<Found, Entry>(
  found: readonly Found[],
  limit: number,
  entryOf: (one: Found) => Entry,
  cursorOf: (one: Found) => string,
): Slice<Entry> {
  const last = found.at(-1);
  return {
    entries: found.map(entryOf),
    next: last === undefined || found.length < limit ? null : cursorOf(last),
  };
}

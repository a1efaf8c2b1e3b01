import { isRegistryFault, type MessageDigest } from "@poplar/maildrop";
import { z } from "zod";
import { loginName, uniqueId } from "./fields.ts";
import { defineOperation, type Operation } from "./operation.ts";

/** Messages of a login, by what clients know them by. */
export interface UniqueIdsInput {
  readonly login: string;
  /** At most 500. */
  readonly uniqueIds: readonly string[];
}

/** A message as it is stored; times are ISO 8601 in UTC. */
export interface DigestEntry {
  readonly uniqueId: string;
  readonly octets: number;
  readonly receivedAt: string;
  /** Of the wire form, in hexadecimal. */
  readonly sha256: string;
}

const uniqueIdsMax = 500;

const inputSchema = z.strictObject({
  login: loginName(),
  uniqueIds: z
    .array(uniqueId(), { error: "must be a list" })
    .min(1, { error: "must name at least one message" })
    .max(uniqueIdsMax, { error: `must name at most ${uniqueIdsMax} messages` }),
});

/** Which of these messages have been imported before, whether they are still there or not. */
export const findUsedUniqueIds: Operation<UniqueIdsInput, { readonly used: readonly string[] }> =
  defineOperation({
    name: "find-used-unique-ids",
    inputSchema,
    reach: ({ login }) => [{ login }],
    perform: async ({ imports }, { login, uniqueIds }) => {
      const used = await imports.usedUniqueIds(login, uniqueIds);
      return isRegistryFault(used) ? used : { used };
    },
  });

/** Reads imported messages to their ends, for whoever wants to compare them with what they were. */
export const digestMessages: Operation<UniqueIdsInput, { readonly entries: readonly DigestEntry[] }> =
  defineOperation({
    name: "digest-messages",
    inputSchema,
    reach: ({ login }) => [{ login }],
    perform: async ({ imports }, { login, uniqueIds }) => {
      const digests = await imports.digests(login, uniqueIds);
      return isRegistryFault(digests) ? digests : { entries: digests.map(digestEntry) };
    },
  });

const digestEntry = ({ uniqueId: id, octets, receivedAt, sha256 }: MessageDigest): DigestEntry => ({
  uniqueId: id,
  octets,
  receivedAt: receivedAt.toISOString(),
  sha256,
});

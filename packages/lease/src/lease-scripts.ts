import { readFileSync } from "node:fs";
import type { Result } from "ioredis";

/**
 * The scripts in `lua/`. That folder lies beside `src` and `dist` alike, so that both find it and no build
 * copies it.
 */
const script = (name: string): { readonly lua: string; readonly numberOfKeys: number } => ({
  lua: readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), "utf8"),
  numberOfKeys: 1,
});

/** Commands that a connection has besides those of Redis. */
export const leaseScripts: Record<string, { readonly lua: string; readonly numberOfKeys: number }> = {
  beat: script("beat"),
  acquireLease: script("acquire"),
  releaseLease: script("release"),
  leaseHolders: script("holders"),
  breakLeases: script("break"),
  askHolders: script("ask"),
  attend: script("attend"),
  askNodes: script("question"),
  countAttempts: script("count"),
  countedAttempts: script("counted"),
  rememberMarks: script("remember"),
};

declare module "ioredis" {
  interface RedisCommander<Context> {
    /** `lua/beat.lua` */
    beat(key: string, generation: number, ttlMs: number): Result<number, Context>;
    /** `lua/acquire.lua` */
    acquireLease(key: string, ...args: readonly (string | number)[]): Result<string | null, Context>;
    /** `lua/release.lua` */
    releaseLease(key: string, field: string, leaseId: string): Result<number, Context>;
    /** `lua/holders.lua` */
    leaseHolders(key: string, heartbeats: string): Result<string[], Context>;
    /** `lua/break.lua` */
    breakLeases(key: string, heartbeats: string, channels: string): Result<number, Context>;
    /** `lua/ask.lua` */
    askHolders(key: string, channels: string, client: string): Result<number, Context>;
    /** `lua/attend.lua` */
    attend(key: string, member: string): Result<number, Context>;
    /** `lua/question.lua` */
    askNodes(key: string, channel: string, question: string, ttlMs: number): Result<string[], Context>;
    /** `lua/count.lua` */
    countAttempts(key: string, ...args: readonly (string | number)[]): Result<null, Context>;
    /** `lua/counted.lua` */
    countedAttempts(key: string): Result<string[], Context>;
    /** `lua/remember.lua` */
    rememberMarks(key: string, ...args: readonly (string | number)[]): Result<null, Context>;
  }
}

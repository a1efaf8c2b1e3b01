import type { LoginPacer } from "@poplar/maildrop";

/** Above so many logins those that may come again are forgotten, so that names cannot fill the memory. */
const loginsMax = 10_000;

/** Spaces logins within one process. `now` in milliseconds; a clock that never goes back when absent. */
export function createMemoryLoginPacer(now: () => number = () => performance.now()): LoginPacer {
  const emptyUntil = new Map<string, number>();
  return {
    take: async (login, delaySeconds) => {
      const nowMs = now();
      if ((emptyUntil.get(login) ?? 0) > nowMs) return false;
      if (emptyUntil.size >= loginsMax) {
        for (const [name, untilMs] of emptyUntil) if (untilMs <= nowMs) emptyUntil.delete(name);
      }
      emptyUntil.set(login, nowMs + delaySeconds * 1000);
      return true;
    },
    giveBack: async (login) => {
      emptyUntil.delete(login);
    },
  };
}

/**
 * Loaded before a server, this gives Node a bug: a `BlockList` that holds the network 203.0.113.0/24 throws
 * when it is asked. What the server does then it does for each error that nobody has foreseen.
 */
import { BlockList } from "node:net";

const check: unknown = Reflect.get(BlockList.prototype, "check");
Reflect.set(BlockList.prototype, "check", function checkOrFail(this: BlockList, ...asked: unknown[]) {
  const isUnlucky = this.rules.some((rule) => rule.includes("203.0.113.0/24"));
  if (isUnlucky || typeof check !== "function") throw new TypeError("a bug in a library");
  const answer: unknown = Reflect.apply(check, this, asked);
  return answer;
});

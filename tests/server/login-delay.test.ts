import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryLoginPacer } from "@poplar/lease";
import { Lab } from "./lab.ts";

async function startLab(): Promise<{ lab: Lab; advance: (seconds: number) => void }> {
  let nowMs = 0;
  const lab = await Lab.start({ pacer: createMemoryLoginPacer(() => nowMs) });
  lab.authenticator.policy = { loginDelaySeconds: 60 };
  return {
    lab,
    advance: (seconds) => {
      nowMs += seconds * 1000;
    },
  };
}

test("a login that comes before its delay is over is refused, and its maildrop stays free (RFC 2449 §6.5)", async () => {
  const { lab, advance } = await startLab();
  await using _ = lab;
  const first = await lab.connect();
  await first.logIn();
  await first.ask("QUIT");
  const second = await lab.connect();
  await second.ask("USER alice@example.test");
  assert.match(await second.ask("PASS wrong"), /^-ERR \[AUTH\] /);
  await second.ask("USER alice@example.test");
  assert.match(await second.ask("PASS secret with  spaces "), /^-ERR \[LOGIN-DELAY\] /);
  assert.ok(!(await lab.isHeld()));
  advance(60);
  await second.logIn();
});

test("a login that found the maildrop in use does not count: the delay is from the +OK (RFC 2449 §6.5)", async () => {
  const { lab } = await startLab();
  await using _ = lab;
  lab.store.beforeOpen = () => ({ fault: "storage-down", cause: "on purpose" });
  const client = await lab.connect();
  await client.ask("USER alice@example.test");
  assert.match(await client.ask("PASS secret with  spaces "), /^-ERR \[SYS\/TEMP\] /);
  lab.store.beforeOpen = () => undefined;
  await client.logIn();
});

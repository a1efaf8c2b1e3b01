import assert from "node:assert/strict";
import { test } from "node:test";
import { testMessage } from "./test-message.ts";

const at = new Date("2026-12-01T03:04:05Z");

test("a test message has the fields that a message needs, and lines that end with CRLF", () => {
  const message = testMessage({ login: "alice@example.test", at, id: "17" });
  const [head = "", body = ""] = message.split("\r\n\r\n");
  assert.match(head, /^Date: Tue, 01 Dec 2026 03:04:05 \+0000$/m);
  assert.match(head, /^From: Poplar <postmaster@example\.test>$/m);
  assert.match(head, /^To: <alice@example\.test>$/m);
  assert.match(head, /^Message-ID: <17@example\.test>$/m);
  assert.match(body, /^An operator .*\r\n$/);
  assert.doesNotMatch(message, /[^\r]\n|\r[^\n]/);
});

test("a host is written to by its postmaster", () => {
  const message = testMessage({ login: "vision25.example.test", at, id: "17" });
  assert.match(message, /^To: <postmaster@vision25\.example\.test>$/m);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardedHeaders } from "./forwarded-headers.ts";

test("a worker hears from strangers neither of another address nor of TLS", () => {
  const claimed = { host: "x", "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" };
  assert.deepEqual(forwardedHeaders(claimed, "198.51.100.7"), {
    host: "x",
    "x-forwarded-for": "192.0.2.1, 198.51.100.7",
  });
  for (const proxy of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    assert.deepEqual(forwardedHeaders(claimed, proxy), {
      ...claimed,
      "x-forwarded-for": `192.0.2.1, ${proxy}`,
    });
  }
  assert.deepEqual(forwardedHeaders({}, "198.51.100.7"), { "x-forwarded-for": "198.51.100.7" });
});

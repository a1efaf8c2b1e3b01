import assert from "node:assert/strict";
import { test } from "node:test";
import { sumOf } from "./prometheus-text.ts";

const text = `# HELP poplar_pop_logins_total Logins.
# TYPE poplar_pop_logins_total counter
poplar_pop_logins_total{outcome="accepted",listener="pop3 tls"} 12
poplar_pop_logins_total{outcome="refused"} 3.5
# TYPE poplar_pop_logins_total_seconds gauge
poplar_pop_logins_total_seconds 100
# TYPE poplar_pop_sessions gauge
poplar_pop_sessions 7
# TYPE poplar_lmtp_deliveries_total counter
`;

test("a metric is summed over its labels", () => {
  assert.equal(sumOf(text, "poplar_pop_logins_total"), 15.5);
});

test("a metric without labels is what its line says", () => {
  assert.equal(sumOf(text, "poplar_pop_sessions"), 7);
});

test("a metric whose name begins alike is another metric", () => {
  assert.equal(sumOf(text, "poplar_pop_logins"), undefined);
  assert.equal(sumOf(text, "pop_sessions"), undefined);
});

test("a counter that has not counted yet is 0, and a metric that is not there is unknown", () => {
  assert.equal(sumOf(text, "poplar_lmtp_deliveries_total"), 0);
  assert.equal(sumOf(text, "poplar_nothing"), undefined);
  assert.equal(sumOf("", "poplar_pop_sessions"), undefined);
});

test("figures with an exponent are read", () => {
  assert.equal(sumOf("octets 1.5e+06\n", "octets"), 1_500_000);
});

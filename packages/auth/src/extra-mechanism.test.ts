import assert from "node:assert/strict";
import { test } from "node:test";
import type { Authenticator, SaslExchange, SecurityLayer } from "@poplar/maildrop";
import { isFault } from "@poplar/protocol";
import { createAuthenticator, type ExtraExchange } from "./authenticator.ts";
import { ALICE, MemoryLogins, PEER } from "./test-fixture.ts";

/**
 * An authenticator with a mechanism that vouches at once for a login, with a layer that counts how often it
 * is closed.
 */
function offering(login: string): { authenticator: Authenticator; closed: string[]; layer: SecurityLayer } {
  const closed: string[] = [];
  const layer: SecurityLayer = {
    wrap: async (octets) => octets,
    unwrap: async (octets) => octets,
    close: () => void closed.push("layer"),
  };
  const exchange: ExtraExchange = {
    next: async () => ({ step: "authenticated", who: { login, securityLayer: layer }, authzid: undefined }),
    close: () => void closed.push("exchange"),
  };
  const authenticator = createAuthenticator({
    directory: new MemoryLogins([ALICE, { ...ALICE, name: "disabled@example.test", isDisabled: true }]),
    extraMechanisms: [{ name: "GSSAPI", isPossible: () => true, begin: () => exchange }],
    wait: async () => {},
  });
  return { authenticator, closed, layer };
}

const begun = (authenticator: Authenticator): SaslExchange => {
  const exchange = authenticator.beginExchange("GSSAPI", PEER);
  assert.ok(exchange);
  return exchange;
};

test("a mechanism from elsewhere hands its security layer through the door (RFC 4422 §3.7)", async () => {
  const { authenticator, closed, layer } = offering(ALICE.name);
  const exchange = begun(authenticator);
  const opened = await exchange.next(undefined);
  assert.ok("login" in opened);
  assert.equal(opened.mechanism, "GSSAPI");
  assert.equal(opened.securityLayer, layer);
  exchange.close?.();
  assert.deepEqual(closed, ["exchange"], "whoever takes the layer closes it");
});

test("a layer of somebody who is not let in is closed", async () => {
  for (const login of ["nobody@example.test", "disabled@example.test"]) {
    const { authenticator, closed } = offering(login);
    assert.ok(isFault(await begun(authenticator).next(undefined)), login);
    assert.deepEqual(closed, ["layer"], login);
  }
});

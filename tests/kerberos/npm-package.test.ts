import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LabClient } from "../server/lab-client.ts";
import { KerberosLab } from "./kerberos-lab.ts";

/** What the package exports; an error where it could not be compiled: see tools/kerberos-client.mjs. */
const loaded = await import("kerberos").then(
  (kerberos) => kerberos.default,
  (err: unknown) => (err instanceof Error ? err : new Error(String(err))),
);
type Kerberos = Exclude<typeof loaded, Error>;
const skip = loaded instanceof Error && `the package kerberos does not load here: ${loaded.message}`;

let lab: KerberosLab;
before(async () => {
  if (skip === false) lab = await KerberosLab.start();
});
after(async () => lab?.[Symbol.asyncDispose]());

/** Logs in as the one client that this package can be: the one that takes no layer. */
async function logIn(client: LabClient, kerberos: Kerberos, authzid: string): Promise<string> {
  const { KRB5CCNAME } = await lab.kdc.kinit("alice@POPLAR.TEST");
  process.env["KRB5CCNAME"] = KRB5CCNAME;
  // `flags` is what its code reads; its types call them otherwise.
  const options = {
    flags: kerberos.GSS_C_MUTUAL_FLAG | kerberos.GSS_C_INTEG_FLAG,
    mechOID: kerberos.GSS_MECH_OID_KRB5,
  };
  const context = await kerberos.initializeClient("pop@localhost", options);
  let reply = await client.ask("AUTH GSSAPI");
  assert.equal(reply, "+ ");
  while (!context.contextComplete) {
    // Its types do not say that the last step has nothing to send.
    const token: string | null = await context.step(reply.slice(2));
    reply = await client.ask(token ?? "");
  }
  const offer = await context.unwrap(reply.slice(2));
  return client.ask(await context.wrap(offer, { user: authzid }));
}

test("the client of the npm package kerberos logs in by GSSAPI, as itself alone (RFC 4752)", {
  skip,
}, async () => {
  assert.ok(!(loaded instanceof Error));
  using alice = await lab.server.connect();
  assert.match(await logIn(alice, loaded, "alice@example.test"), /^\+OK maildrop open/);
  assert.match(await alice.ask("STAT"), /^\+OK 0 0/);
  using bob = await lab.server.connect();
  assert.match(await logIn(bob, loaded, "bob@example.test"), /^-ERR \[AUTH\]/);
  await lab.untilLogged("wrong-authzid");
});

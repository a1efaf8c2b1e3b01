import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { withKdc } from "@poplar/testkit";
import { type Outcome, runProgram } from "../fixtures/run-program.ts";

const poplar = (...parameters: readonly string[]): Promise<Outcome> =>
  runProgram(process.execPath, [
    "--conditions=@poplar/source",
    resolve(import.meta.dirname, "../../apps/cli/src/main.ts"),
    "doctor",
    "kerberos",
    ...parameters,
  ]);

test("doctor kerberos shows libraries, realm and keys, and that a ticket is accepted", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const { exitCode, stdout } = await poplar("--keytab", kdc.keytab);
  const lines = stdout.toString();
  assert.equal(exitCode, 0, lines);
  assert.match(lines, /^ok {4}libraries {5}krb5-1\./m);
  assert.match(lines, /^ok {4}realm +POPLAR\.TEST$/m);
  assert.match(lines, /^ok {4}key +pop\/localhost@POPLAR\.TEST, version \d+: aes256/m);
  assert.match(lines, /^ok {4}self-test +a ticket for our own service is accepted$/m);
});

test("doctor kerberos says what is wrong with a keytab, and what to do", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const imap = `${kdc.directory}/imap.keytab`;
  await kdc.addService("imap/localhost@POPLAR.TEST", imap);
  const ofOthers = await poplar("--keytab", imap);
  assert.equal(ofOthers.exitCode, 1);
  assert.match(ofOthers.stdout.toString(), /^warn {2}key +imap\/localhost.*\n.*the service is pop/m);
  assert.match(
    ofOthers.stdout.toString(),
    /^FAIL {2}self-test +no-service-key: .*\n +Clients ask for pop\/HOST/m,
  );
  const missing = await poplar("--keytab", `${kdc.directory}/none.keytab`);
  assert.equal(missing.exitCode, 1);
  assert.match(missing.stdout.toString(), /^FAIL {2}keys +keytab-missing: /m);
  // The KDC has a new key, which the keytab has not.
  await kdc.addService("pop/localhost@POPLAR.TEST", `${kdc.directory}/new.keytab`);
  const old = await poplar("--keytab", kdc.keytab);
  assert.match(old.stdout.toString(), /^FAIL {2}self-test/m);
});

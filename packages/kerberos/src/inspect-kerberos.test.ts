import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { withKdc } from "@poplar/testkit";
import { loadFrom } from "./binding/native.ts";
import { faultOf, inspectKerberos, isRefusal, KERBEROS_DEFAULTS, KerberosUnavailable } from "./index.ts";

test("who imports this package has loaded no library: that waits until Kerberos is switched on", async () => {
  const loaded = async (): Promise<boolean> =>
    /libkrb5|koffi/.test(await readFile("/proc/self/maps", "utf8"));
  assert.equal(await loaded(), false);
  await inspectKerberos(KERBEROS_DEFAULTS);
  assert.equal(await loaded(), true);
});

test("the doctor sees version, realm and keys, and logs in as the service itself", async (t) => {
  const kdc = await withKdc(t, { realms: 2 });
  const seen = await inspectKerberos(KERBEROS_DEFAULTS);
  assert.ok(seen.isAvailable);
  assert.match(seen.version ?? "", /^krb5-1\.\d+/);
  assert.equal(seen.defaultRealm, "POPLAR.TEST");
  assert.equal(seen.keytab, `FILE:${kdc.keytab}`);
  assert.ok(!isRefusal(seen.keys));
  assert.ok(
    seen.keys.some(
      ({ principal, keyVersion, enctype }) =>
        principal === "pop/localhost@POPLAR.TEST" && keyVersion === 2 && enctype.startsWith("aes256-cts"),
    ),
    JSON.stringify(seen.keys),
  );
  assert.equal(seen.selfTest, "accepted");
});

test("the doctor finds a keytab whose keys the KDC has replaced", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  await kdc.addService("pop/localhost@POPLAR.TEST", `${kdc.directory}/newer.keytab`);
  const seen = await inspectKerberos(KERBEROS_DEFAULTS);
  assert.ok(seen.isAvailable && isRefusal(seen.selfTest), JSON.stringify(seen));
  assert.equal(seen.selfTest.refusal, "wrong-key");
});

test("the doctor says which keytab is missing", async (t) => {
  const kdc = await withKdc(t, { realms: 1 });
  const seen = await inspectKerberos({ ...KERBEROS_DEFAULTS, keytab: `FILE:${kdc.directory}/none` });
  assert.ok(seen.isAvailable && isRefusal(seen.keys) && isRefusal(seen.selfTest), JSON.stringify(seen));
  assert.equal(seen.keys.refusal, "keytab-missing");
  assert.match(seen.keys.detail, /none/);
  assert.equal(seen.selfTest.refusal, "keytab-missing");
});

test("a machine without a library is told which one to install", async () => {
  const missing = { file: "libkrb5-that-is-not-here.so.3", debian: "libkrb5-3" };
  await assert.rejects(loadFrom({ krb5: missing, gss: missing }), (err) => {
    assert.ok(err instanceof KerberosUnavailable);
    assert.match(err.message, /libkrb5-that-is-not-here\.so\.3 .*install MIT Kerberos \(Debian: libkrb5-3\)/);
    return true;
  });
});

test("a library that is none of Kerberos is no Kerberos", async () => {
  const other = { file: "libm.so.6", debian: "libkrb5-3" };
  await assert.rejects(loadFrom({ krb5: other, gss: other }), KerberosUnavailable);
});

test("a client is told to try again when the failure is ours, else only that it may not in", () => {
  assert.equal(faultOf({ refusal: "keytab-missing", detail: "" }).fault, "internal");
  assert.equal(faultOf({ refusal: "replay-store-down", detail: "" }).fault, "internal");
  for (const reason of ["replayed", "wrong-service", "unmapped-principal", "clock-skew"] as const) {
    assert.deepEqual(faultOf({ refusal: reason, detail: "" }), { fault: "bad-credentials" });
  }
});

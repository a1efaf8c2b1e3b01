import {
  inspectKerberos,
  isRefusal,
  KERBEROS_DEFAULTS,
  type KerberosInspection,
  type KerberosReason,
  type KerberosRefusal,
  type KeytabEntry,
} from "@poplar/kerberos";
import type { Finding } from "./finding.ts";

type Found = Extract<KerberosInspection, { readonly isAvailable: true }>;

const NEW_KEYS = "On the KDC: kadmin -q 'ktadd -k FILE pop/HOST'; then bring FILE to this host.";

const ADVICE: Readonly<Partial<Record<KerberosReason, string>>> = {
  "keytab-missing": `Set kerberos-keytab, or KRB5_KTNAME. ${NEW_KEYS}`,
  "keytab-unreadable": "Let the account of the server read it.",
  "no-service-key": `Clients ask for pop/HOST, by the name that they connect to. ${NEW_KEYS}`,
  "key-version-missing": `The KDC has a newer key than the keytab. ${NEW_KEYS}`,
  "wrong-key": `The KDC has another key than the keytab. ${NEW_KEYS}`,
  "kdc-unreachable":
    "Only this test needs the KDC, logins do not; see [realms] of krb5.conf, and the network.",
  "clock-skew": "Set the clock by NTP: clocks may differ by 300 seconds.",
  "unknown-realm": "Name the realm in [realms] of krb5.conf, or its domain in [domain_realm].",
  "replay-cache-unusable": "See that KRB5RCACHEDIR, or /var/tmp, is there and can be written to.",
};

/**
 * Looks at everything that logins by Kerberos depend on, from this host.
 *
 * @param keytab a file; else libkrb5's own.
 */
export async function examineKerberos(keytab: string | undefined): Promise<readonly Finding[]> {
  const settings = { ...KERBEROS_DEFAULTS, keytab: keytab === undefined ? undefined : `FILE:${keytab}` };
  const inspection = await inspectKerberos(settings);
  if (!inspection.isAvailable) {
    const detail = "libkrb5 or libgssapi cannot be used";
    return [{ verdict: "wrong", check: "libraries", detail, advice: inspection.advice }];
  }
  return [
    { verdict: "fine", check: "libraries", detail: inspection.version ?? "found" },
    named("realm", inspection.defaultRealm),
    named("keytab", inspection.keytab),
    ...keyFindings(inspection.keys),
    named("self-test", inspection.selfTest, "a ticket for our own service is accepted"),
  ];
}

const named = (check: string, found: string | KerberosRefusal, detail?: string): Finding =>
  isRefusal(found) ? refused(check, found) : { verdict: "fine", check, detail: detail ?? found };

function keyFindings(keys: Found["keys"]): readonly Finding[] {
  if (isRefusal(keys)) return [refused("keys", keys)];
  const byKey = Map.groupBy(keys, ({ principal, keyVersion }) => `${principal}, version ${keyVersion}`);
  return [...byKey].map(([name, entries]) => {
    const detail = `${name}: ${entries.map(({ enctype }: KeytabEntry) => enctype).join(", ")}`;
    if (name.startsWith("pop/")) return { verdict: "fine", check: "key", detail };
    return {
      verdict: "doubtful",
      check: "key",
      detail,
      advice: "It opens nothing here: the service is pop.",
    };
  });
}

function refused(check: string, { refusal, detail }: KerberosRefusal): Finding {
  const advice = ADVICE[refusal] ?? "See krb5.conf of this host, and the log of the KDC.";
  return { verdict: "wrong", check, detail: `${refusal}: ${detail}`, advice };
}

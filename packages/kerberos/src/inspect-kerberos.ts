import { readFile } from "node:fs/promises";
import { KerberosAcceptor } from "./acceptor.ts";
import { GssContext } from "./binding/gss-context.ts";
import { GssCredential } from "./binding/gss-credential.ts";
import { isGssFailure } from "./binding/gss-values.ts";
import { isKrb5Failure, type KeytabEntry, Krb5Contexts, type Krb5Failure } from "./binding/krb5.ts";
import { loadNative, type Native } from "./binding/native.ts";
import type { KerberosSettings } from "./kerberos-settings.ts";
import { KerberosUnavailable } from "./kerberos-unavailable.ts";
import { reasonOfCode } from "./krb5-reasons.ts";
import { MemoryReplayStore } from "./memory-replay-store.ts";
import { isOurService } from "./principal.ts";
import { isRefusal, type KerberosRefusal, refusal } from "./refusal.ts";
import { refusalOfGss } from "./refusal-of-failure.ts";

/** What `poplar doctor kerberos` shows. */
export type KerberosInspection =
  | { readonly isAvailable: false; readonly advice: string }
  | {
      readonly isAvailable: true;
      /** E.g. `krb5-1.20.1-final`; `undefined` when the library does not say. */
      readonly version: string | undefined;
      readonly defaultRealm: string | KerberosRefusal;
      /** E.g. `FILE:/etc/krb5.keytab`. */
      readonly keytab: string | KerberosRefusal;
      readonly keys: readonly KeytabEntry[] | KerberosRefusal;
      /** A login as our own service, with the keytab's key for a password. */
      readonly selfTest: "accepted" | KerberosRefusal;
    };

/**
 * Looks at everything that accepting tickets depends on. Reads files, and talks to the KDC for the self-test.
 */
export async function inspectKerberos(settings: KerberosSettings): Promise<KerberosInspection> {
  const native = await loadNative().catch((err: unknown) => {
    if (err instanceof KerberosUnavailable) return err.message;
    throw err;
  });
  if (typeof native === "string") return { isAvailable: false, advice: native };
  using contexts = new Krb5Contexts(native);
  const { keytab } = settings;
  const keys = await contexts.use(async (context) => context.readKeytab(keytab));
  return {
    isAvailable: true,
    version: await libraryVersion(),
    defaultRealm: worded(await contexts.use(async (context) => context.defaultRealm())),
    keytab: worded(await contexts.use(async (context) => context.keytabName(keytab))),
    keys: worded(keys),
    selfTest: isKrb5Failure(keys) ? refusalOf(keys) : await acceptOurselves(native, contexts, settings, keys),
  };
}

function worded<T extends string | readonly KeytabEntry[]>(value: T | Krb5Failure): T | KerberosRefusal {
  return isKrb5Failure(value) ? refusalOf(value) : value;
}

const refusalOf = ({ code, text }: Krb5Failure): KerberosRefusal => refusal(reasonOfCode(code), text);

/** What MIT puts into its library for people with `strings`. Linux alone tells which file was loaded. */
async function libraryVersion(): Promise<string | undefined> {
  try {
    const path = /\/\S*libkrb5\.so\S*/.exec(await readFile("/proc/self/maps", "utf8"))?.[0];
    if (path === undefined) return undefined;
    return /KRB5_BRAND: (\S+)/.exec(await readFile(path, "latin1"))?.[1];
  } catch {
    return undefined;
  }
}

/**
 * The whole way of a login, with our service on both ends: it shows whether KDC and keytab have the same key.
 */
async function acceptOurselves(
  native: Native,
  contexts: Krb5Contexts,
  settings: KerberosSettings,
  keys: readonly KeytabEntry[],
): Promise<"accepted" | KerberosRefusal> {
  const ours = keys.find(({ principal }) => isOurService(principal))?.principal;
  if (ours === undefined) return refusal("no-service-key", "the keytab has no pop/HOST@REALM");
  const name = worded(await contexts.use(async (context) => context.keytabName(settings.keytab)));
  if (isRefusal(name)) return name;
  const request = { apReq: undefined, keytab: settings.keytab };
  const store = { client_keytab: name, ccache: "MEMORY:poplar-self-test" };
  const credential = await GssCredential.acquire(native, ours, "initiate", store);
  if (isGssFailure(credential)) return refusalOfGss(contexts, credential, request);
  const initiator = new GssContext(native);
  try {
    const first = await initiator.initiate(credential, ours, undefined);
    if (isGssFailure(first)) return await refusalOfGss(contexts, first, request);
    return await acceptOne(settings, first.token);
  } finally {
    initiator.delete();
    credential.release();
  }
}

async function acceptOne(
  settings: KerberosSettings,
  token: Uint8Array,
): Promise<"accepted" | KerberosRefusal> {
  using acceptor = await KerberosAcceptor.load(settings, new MemoryReplayStore());
  const exchange = acceptor.beginGssapi();
  try {
    const step = await exchange.next(token);
    return step.step === "refused" ? step.why : "accepted";
  } finally {
    exchange.close();
  }
}

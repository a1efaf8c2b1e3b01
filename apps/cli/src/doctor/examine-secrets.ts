import { statSync } from "node:fs";
import { join } from "node:path";
import { apiFiles, type Config } from "@poplar/config";
import type { Finding } from "./finding.ts";

/** Bits of a file's mode for those who are neither its owner nor of its group. */
const everybody = 0o007;

/** Looks at who may read what lets people in: keys and tokens that lie on this host. */
export function examineSecrets(config: Config): readonly Finding[] {
  const { dataDir, tlsKey, certificates, secretKeys, kerberosKeytab } = config;
  const files = [
    apiFiles(dataDir).token,
    secretKeys ?? join(dataDir, "secret-keys"),
    ...(tlsKey === undefined ? [] : [tlsKey]),
    ...certificates.map(({ key }) => key),
    ...(kerberosKeytab === undefined ? [] : [kerberosKeytab]),
  ];
  return files.flatMap((file): readonly Finding[] => {
    const mode = modeOf(file);
    if ((mode & everybody) === 0) return [];
    const detail = `${file} is open to everybody on this host (mode ${(mode & 0o777).toString(8)})`;
    const advice = `chmod o= ${file}; if strangers have accounts here, put a new one in its place.`;
    return [{ verdict: "doubtful", check: "secrets", detail, advice }];
  });
}

/** Of a file that is not there, or lies where this account sees nothing, there is nothing to say. */
function modeOf(file: string): number {
  try {
    return statSync(file).mode;
  } catch {
    return 0;
  }
}

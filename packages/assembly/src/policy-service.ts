import { randomBytes } from "node:crypto";
import type { PolicyServiceOptions, SecretBox } from "@poplar/auth";
import type { Config } from "@poplar/config";
import type { Events } from "@poplar/telemetry";

/**
 * The service that has a say in logins. Hashes of passwords that it hears of are the same on nodes that have
 * the same keys, else the same for as long as the process runs.
 */
export function policyService(
  { policyServiceUrl, policyServiceDown }: Pick<Config, "policyServiceUrl" | "policyServiceDown">,
  box: Pick<SecretBox, "invention"> | undefined,
  events: Events,
): PolicyServiceOptions | undefined {
  if (policyServiceUrl === undefined) return undefined;
  const url = new URL(policyServiceUrl);
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  // fetch takes no URL with credentials in it.
  url.username = "";
  url.password = "";
  const nonce = box?.invention("policy-service", "nonce") ?? randomBytes(32);
  return {
    url: url.href,
    hashNonce: nonce.toString("base64"),
    isClosedWhenDown: policyServiceDown === "refuse",
    events,
    ...(username !== "" && {
      headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` },
    }),
  };
}

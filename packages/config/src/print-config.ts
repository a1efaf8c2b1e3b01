import { stringify } from "yaml";
import type { Config, SettingName } from "./config.ts";
import { keyOf } from "./setting-words.ts";
import { aboutSetting, settingNames } from "./settings.ts";

/** A setting as it is in force. */
export interface PrintedSetting {
  readonly key: string;
  /** Redacted; `null` when there is none. */
  readonly value: unknown;
  readonly source: string;
}

/** What is in force and where it comes from; secrets redacted. */
export function describeConfig(config: Config): readonly PrintedSetting[] {
  return settingNames
    .filter((name) => aboutSetting(name).apps.includes(config.app))
    .map((name) => ({
      key: keyOf(name),
      value: redacted(name, config) ?? null,
      source: config.sources[name],
    }));
}

/** The same as a config file, each line with its source. */
export function printConfig(config: Config): string {
  const lines = describeConfig(config).map(({ key, value, source }) => {
    if (value === null) return `# ${key}: none  # ${source}`;
    return `${stringify({ [key]: value }, { collectionStyle: "flow", lineWidth: 0 })
      .trim()
      .replace(/^\{ ?(.*?) ?\}$/s, "$1")}  # ${source}`;
  });
  return `# poplar, app ${config.app}\n${lines.join("\n")}\n`;
}

function redacted(name: SettingName, config: Config): unknown {
  const value = config[name];
  if (!aboutSetting(name).isSecret || typeof value !== "string") return withoutPasswords(value);
  if (!URL.canParse(value)) return redactedHosts(value);
  const { protocol, username, host, pathname } = new URL(value);
  // The query may hold a password too; who it is and where it is are enough to recognise it.
  return `${protocol}//${username && `${username}:***@`}${host}${pathname}`;
}

/**
 * What is no secret can hold one all the same: the URL of a collector of traces, or of an issuer's keys, may
 * have a password in it.
 */
function withoutPasswords(value: unknown): unknown {
  if (typeof value === "string") {
    const { password = "" } = URL.parse(value) ?? {};
    return password === "" ? value : value.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/?#]*):[^/?#]*@/i, "$1:***@");
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutPasswords);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutPasswords(field)]));
}

/** The same for a URL of several hosts with ports, which `URL` does not read. */
function redactedHosts(value: string): string {
  const parts = /^(?<scheme>[a-z+]+:\/\/)(?:(?<user>[^:@]*):.*@)?(?<rest>[^@?#]+)/.exec(value)?.groups;
  if (parts === undefined) return "***";
  const { scheme = "", user = "", rest = "" } = parts;
  return `${scheme}${user && `${user}:***@`}${rest}`;
}

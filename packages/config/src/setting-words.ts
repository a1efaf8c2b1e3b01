import type { SettingName } from "./config.ts";

/** `pop3Port` → `pop3-port`: the key in the config file, and the flag without its dashes. */
export function keyOf(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `pop3Port` → `--pop3-port`. */
export function flagOf(name: SettingName): string {
  return `--${keyOf(name)}`;
}

/** `pop3Port` → `POPLAR_POP3_PORT`. */
export function variableOf(name: SettingName): string {
  return `POPLAR_${keyOf(name).replaceAll("-", "_").toUpperCase()}`;
}

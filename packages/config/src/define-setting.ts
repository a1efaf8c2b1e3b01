import { z } from "zod";
import type { AppName } from "./app.ts";
import * as value from "./value-schemas.ts";

/** The chapters of the help and of the reference. */
export type SettingGroup =
  | "Listeners"
  | "Storage"
  | "TLS"
  | "Logins"
  | "Kerberos"
  | "Mail"
  | "Audit"
  | "Limits"
  | "Operation"
  | "Client set-up"
  | "API";

/** What is known about a setting beside its value. */
export interface Setting {
  readonly group: SettingGroup;
  /** A sentence without the full stop. */
  readonly description: string;
  /** What stands for the value in the help, e.g. `PORT`; empty when the flag alone is enough. */
  readonly placeholder: string;
  /** The apps that use it; the others know its name and leave it alone. */
  readonly apps: readonly AppName[];
  /** The default, in the form of the config file; `undefined`: none. */
  readonly fallback: (app: AppName) => unknown;
  /** The default in words, where the value alone says little. */
  readonly fallbackText?: (app: AppName) => string;
  /** Never printed, and can be read from a file (`POPLAR_…_FILE`). */
  readonly isSecret?: true;
  /** Has no flag and no variable. */
  readonly isFileOnly?: true;
  /** What a right value looks like. */
  readonly expected: string;
}

/** What is known about each setting. */
export const settingRegistry: z.core.$ZodRegistry<Setting> = z.registry<Setting>();

/** A setting with a default. */
export function setting<T>(kind: value.ValueSchema<T>, about: Omit<Setting, "expected">): z.ZodType<T> {
  return kind.schema.register(settingRegistry, { ...about, expected: kind.expected });
}

/** One that may be left out. */
export function optionalSetting<T>(
  kind: value.ValueSchema<T>,
  about: Omit<Setting, "expected" | "fallback">,
): z.ZodType<T | undefined> {
  return setting({ ...kind, schema: kind.schema.or(z.undefined()) }, { ...about, fallback: () => undefined });
}

/** A port to listen on; 0 switches it off. */
export function listener(
  apps: readonly AppName[],
  description: string,
  [standalone, separate]: readonly [standalone: number, separate: number],
): z.ZodType<number> {
  return setting(value.port(), {
    group: "Listeners",
    description,
    placeholder: "PORT",
    apps,
    fallback: (app) => (app === "standalone" ? standalone : separate),
  });
}

/** A bound on what a process does. */
export function limit(
  kind: value.ValueSchema<number>,
  about: Pick<Setting, "description" | "placeholder" | "apps"> & { readonly fallback: number },
): z.ZodType<number> {
  return setting(kind, { ...about, group: "Limits", fallback: () => about.fallback });
}

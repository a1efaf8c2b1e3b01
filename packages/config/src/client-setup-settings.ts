import type { z } from "zod";
import type { AppName } from "./app.ts";
import type { ClientSetupSettings } from "./config.ts";
import { optionalSetting, setting } from "./define-setting.ts";
import * as value from "./value-schemas.ts";

/** The apps whose HTTP port answers clients that know an address only. */
const apps: readonly AppName[] = ["standalone", "api"];

/** What clients are told when they ask how to be set up. */
export const clientSetupShape: {
  readonly [Name in keyof ClientSetupSettings]: z.ZodType<ClientSetupSettings[Name]>;
} = {
  providerName: optionalSetting(value.title(), {
    group: "Client set-up",
    description: "What people call you, as their mail program shows it",
    placeholder: "NAME",
    apps,
    fallbackText: () => "the domain",
  }),
  publicPopHost: optionalSetting(value.dnsName(), {
    group: "Client set-up",
    description: "Where clients collect mail; the certificate must name it",
    placeholder: "NAME",
    apps,
    fallbackText: () => "pop. and the domain",
  }),
  publicPop3Port: optionalSetting(value.port(), {
    group: "Client set-up",
    description: "Port of POP3 with STLS there, if it differs from pop3-port; 0 to offer none",
    placeholder: "PORT",
    apps,
    fallbackText: (app) => (app === "standalone" ? "pop3-port" : "110"),
  }),
  publicPop3sPort: optionalSetting(value.port(), {
    group: "Client set-up",
    description: "Port of POP3 over TLS there, if it differs from pop3s-port; 0 to offer none",
    placeholder: "PORT",
    apps,
    fallbackText: (app) => (app === "standalone" ? "pop3s-port" : "995"),
  }),
  submissionHost: optionalSetting(value.dnsName(), {
    group: "Client set-up",
    description: "Where clients hand mail in over TLS: your mail server's name, not Poplar's",
    placeholder: "NAME",
    apps,
    fallbackText: () => "none: clients ask",
  }),
  submissionPort: setting(value.port(), {
    group: "Client set-up",
    description: "Port of that",
    placeholder: "PORT",
    apps,
    fallback: () => 465,
  }),
};

import { EarlierSession } from "./earlier/earlier-session.ts";
import type { PopSession } from "./pop-session.ts";
import { POP1 } from "./pop1/pop1.ts";
import { POP2 } from "./pop2/pop2.ts";
import { Session } from "./session.ts";
import type { SessionSettings } from "./session-settings.ts";

/** The versions of the protocol: RFC 918, RFC 937 and RFC 1939. */
export type PopVersion = "pop1" | "pop2" | "pop3";

/**
 * A session that speaks this version. The greeting of the earlier ones begins with their name and this text.
 */
export function createSession(version: PopVersion, settings: SessionSettings): PopSession {
  switch (version) {
    case "pop3":
      return new Session(settings);
    case "pop2":
      return new EarlierSession(settings, POP2);
    case "pop1":
      return new EarlierSession(settings, POP1);
  }
}

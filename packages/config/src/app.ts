/** A program that reads the configuration. */
export type AppName = "standalone" | "pop3" | "pop3s" | "kpop" | "lmtp" | "api" | "cli";

/** All of them, in the order of the documentation. */
export const appNames: readonly AppName[] = ["standalone", "pop3", "pop3s", "kpop", "lmtp", "api", "cli"];

/** The apps that speak POP. */
export const popApps: readonly AppName[] = ["standalone", "pop3", "pop3s", "kpop"];

/** The apps that serve, that is all but the command line. */
export const serverApps: readonly AppName[] = ["standalone", "pop3", "pop3s", "kpop", "lmtp", "api"];

/** The apps that are one part of a fleet, and so need a Postgres and a Redis that the others share. */
export const fleetApps: readonly AppName[] = ["pop3", "pop3s", "kpop", "lmtp", "api"];

import type { Mail } from "./mail-seed.ts";
import type { Turn } from "./pop-client.ts";

/** What one session does, and what it is counted in. */
export interface Scenario {
  readonly name: string;
  readonly mail: Mail;
  readonly tls: "none" | "full" | "resumed";
  /** What one session says after it has logged in. */
  readonly turns: (mail: Mail) => readonly Turn[];
  /** Units of work in one session, and what a unit is called. */
  readonly units: (mail: Mail) => number;
  readonly unit: "session" | "message" | "GB";
  /** Most that Poplar may take for a unit: milliseconds, for a gigabyte seconds. */
  readonly goal: number;
  /**
   * It deletes what it reads: the mail is put there again before each run, and each maildrop is used once.
   */
  readonly isDrain?: boolean;
  /** The same for `popload`, which checks every octet: its arguments. */
  readonly popload: string;
}

const line = (send: string): Turn => ({ send: `${send}\r\n`, answers: 1, isMultiLine: false });
const lines = (send: string): Turn => ({ send: `${send}\r\n`, answers: 1, isMultiLine: true });
const numbers = ({ messages }: Mail): readonly number[] =>
  Array.from({ length: messages }, (_, index) => index + 1);

/** Commands in one burst, each with a multi-line answer. */
const burst = (commands: readonly string[]): Turn => ({
  send: commands.map((command) => `${command}\r\n`).join(""),
  answers: commands.length,
  isMultiLine: true,
});

const small: Mail = { firstLogin: 1, logins: 100, messages: 50, octets: 4096 };
/**
 * Their passwords are hashed with argon2id on every server. Two: Dovecot answers all that wait for a hash
 * when the last is made, and a run must not end in the middle of many.
 */
export const argonLogins: Mail = { firstLogin: 101, logins: 2, messages: 50, octets: 4096 };
const thousands: Mail = { firstLogin: 201, logins: 2, messages: 10_000, octets: 1024 };
/** Big enough that a listing of it is felt. */
export const hundredThousand: Mail = { firstLogin: 211, logins: 1, messages: 100_000, octets: 512 };
// A front end keeps 64 MB of small messages that it has read: one set is less, the other one more.
const mediumKept: Mail = { firstLogin: 221, logins: 10, messages: 50, octets: 75_000 };
const medium: Mail = { firstLogin: 601, logins: 40, messages: 50, octets: 75_000 };
const bigKept: Mail = { firstLogin: 251, logins: 2, messages: 2, octets: 10_000_000 };
/** More than any server keeps, in messages that no server keeps whole. */
export const big: Mail = { firstLogin: 241, logins: 4, messages: 5, octets: 10_000_000 };
const drained: Mail = { firstLogin: 301, logins: 100, messages: 50, octets: 4096 };

/** As many logins as the scenarios name. */
export const scenarioLogins = 640;

const gigabytes = ({ messages, octets }: Mail): number => (messages * octets) / 1e9;
const retrieveAll = (mail: Mail): readonly Turn[] => numbers(mail).map((number) => lines(`RETR ${number}`));
const retrieveBurst = (mail: Mail): Turn => burst(numbers(mail).map((number) => `RETR ${number}`));

/** What a whole session costs. */
const session = { unit: "session", units: () => 1, tls: "none" } as const;
/** What a message costs, its share of the session included. */
const message = { unit: "message", units: ({ messages }: Mail) => messages, tls: "none" } as const;

/** A login that does nothing with what it has opened. */
export const login: Scenario = {
  ...session,
  name: "login",
  mail: small,
  goal: 0.6,
  turns: () => [],
  popload: "--scenario login",
};

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  login,
  { ...login, name: "login, argon2id, same user again", mail: argonLogins, goal: 0.7 },
  { ...login, name: "login, TLS, full handshake", tls: "full", goal: 2.4 },
  { ...login, name: "login, TLS, returning client", tls: "resumed", goal: 1.3 },
  poll("poll, 50 messages", small, 0.7),
  poll("poll, 10,000 messages", thousands, 3),
  poll("poll, 100,000 messages", hundredThousand, 20),
  {
    ...message,
    name: "RETR 4 KB, one by one",
    mail: small,
    goal: 0.05,
    turns: retrieveAll,
    popload: "--scenario drain",
  },
  {
    ...message,
    name: "RETR 4 KB, pipelined",
    mail: small,
    goal: 0.025,
    turns: (mail) => [retrieveBurst(mail)],
    popload: "--scenario drain --pipeline",
  },
  {
    ...message,
    name: "TOP n 0, pipelined",
    mail: small,
    goal: 0.025,
    turns: (mail) => [burst(numbers(mail).map((number) => `TOP ${number} 0`))],
    popload: "--scenario top --top-lines 0 --pipeline",
  },
  {
    ...message,
    name: "RETR and DELE 4 KB, pipelined, committed",
    mail: drained,
    goal: 0.06,
    isDrain: true,
    turns: (mail) => [retrieveBurst(mail), deleteBurst(mail)],
    popload: "--scenario drain-delete --pipeline",
  },
  bulk("RETR 75 KB, seen before", mediumKept, 1.5),
  bulk("RETR 75 KB, from Postgres", medium, 2.8),
  bulk("RETR 10 MB, seen before", bigKept, 1.0),
  bulk("RETR 10 MB, from Postgres", big, 2.2),
  { ...bulk("RETR 10 MB over TLS", big, 2.5), tls: "resumed" },
];

/** STAT and UIDL. */
export function poll(name: string, mail: Mail, goal: number): Scenario {
  return {
    ...session,
    name,
    mail,
    goal,
    turns: () => [line("STAT"), lines("UIDL")],
    popload: "--scenario poll --stable",
  };
}

/** Octets that leave. */
function bulk(name: string, mail: Mail, goal: number): Scenario {
  const scenario = { name, mail, goal, turns: retrieveAll, popload: "--scenario drain" };
  return { ...scenario, tls: "none", unit: "GB", units: gigabytes };
}

function deleteBurst(mail: Mail): Turn {
  const commands = numbers(mail).map((number) => `DELE ${number}\r\n`);
  return { send: commands.join(""), answers: mail.messages, isMultiLine: false };
}

/** What somebody asks who tries the server, or runs it in a small way: all of it on the same mail. */
export const embeddedScenarios: readonly Scenario[] = scenarios.filter(({ name }) =>
  [login.name, "poll, 50 messages", "RETR 4 KB, one by one", "RETR 4 KB, pipelined"].includes(name),
);

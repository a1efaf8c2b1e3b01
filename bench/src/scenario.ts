import type { Turn } from "./pop-client.ts";

/** Mail that a scenario needs: so many messages of such a size for each of these logins. */
export interface Mail {
  readonly firstLogin: number;
  readonly logins: number;
  readonly messages: number;
  readonly octets: number;
}

/** One row of the table. */
export interface Scenario {
  readonly name: string;
  readonly mail: Mail;
  readonly tls: "none" | "full" | "resumed";
  /** What one session says after it has logged in. */
  readonly turns: (mail: Mail) => readonly Turn[];
  /** Units of work in one session, and what a unit is called. */
  readonly units: (mail: Mail) => number;
  readonly unit: "session" | "message" | "GB";
  /**
   * It deletes what it reads: the mail is delivered again before each run, and each maildrop is used once.
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
const thousands: Mail = { firstLogin: 201, logins: 2, messages: 10_000, octets: 1024 };
const hundredThousand: Mail = { firstLogin: 211, logins: 1, messages: 100_000, octets: 512 };
const medium: Mail = { firstLogin: 221, logins: 10, messages: 50, octets: 75_000 };
const big: Mail = { firstLogin: 241, logins: 4, messages: 5, octets: 10_000_000 };
const drained: Mail = { firstLogin: 301, logins: 200, messages: 50, octets: 4096 };

const gigabytes = ({ messages, octets }: Mail): number => (messages * octets) / 1e9;
const retrieveAll = (mail: Mail): readonly Turn[] => numbers(mail).map((number) => lines(`RETR ${number}`));

/** Every row of the table, in its order. */
export const scenarios: readonly Scenario[] = [
  {
    name: "login",
    mail: small,
    tls: "none",
    unit: "session",
    units: () => 1,
    turns: () => [],
    popload: "--scenario login",
  },
  {
    name: "login, TLS, full handshake",
    mail: small,
    tls: "full",
    unit: "session",
    units: () => 1,
    turns: () => [],
    popload: "--scenario login",
  },
  {
    name: "login, TLS, resumed",
    mail: small,
    tls: "resumed",
    unit: "session",
    units: () => 1,
    turns: () => [],
    popload: "--scenario login",
  },
  poll("poll, 50 messages", small),
  poll("poll, 10,000 messages", thousands),
  poll("poll, 100,000 messages", hundredThousand),
  {
    name: "RETR 4 KB, one by one",
    mail: small,
    tls: "none",
    unit: "message",
    units: ({ messages }) => messages,
    turns: retrieveAll,
    popload: "--scenario drain",
  },
  {
    name: "RETR 4 KB, pipelined",
    mail: small,
    tls: "none",
    unit: "message",
    units: ({ messages }) => messages,
    turns: (mail) => [burst(numbers(mail).map((number) => `RETR ${number}`))],
    popload: "--scenario drain --pipeline",
  },
  {
    name: "TOP n 0, pipelined",
    mail: small,
    tls: "none",
    unit: "message",
    units: ({ messages }) => messages,
    turns: (mail) => [burst(numbers(mail).map((number) => `TOP ${number} 0`))],
    popload: "--scenario top --top-lines 0 --pipeline",
  },
  {
    name: "RETR and DELE 4 KB, pipelined, committed",
    mail: drained,
    tls: "none",
    unit: "message",
    units: ({ messages }) => messages,
    isDrain: true,
    turns: (mail) => [
      burst(numbers(mail).map((number) => `RETR ${number}`)),
      {
        send: numbers(mail)
          .map((number) => `DELE ${number}\r\n`)
          .join(""),
        answers: mail.messages,
        isMultiLine: false,
      },
    ],
    popload: "--scenario drain-delete --pipeline",
  },
  bulk("RETR 75 KB", medium, "none"),
  bulk("RETR 10 MB", big, "none"),
  bulk("RETR 10 MB over TLS", big, "resumed"),
];

/** STAT and UIDL. */
export function poll(name: string, mail: Mail): Scenario {
  return {
    name,
    mail,
    tls: "none",
    unit: "session",
    units: () => 1,
    turns: () => [line("STAT"), lines("UIDL")],
    popload: "--scenario poll --stable",
  };
}

function bulk(name: string, mail: Mail, tls: Scenario["tls"]): Scenario {
  return { name, mail, tls, unit: "GB", units: gigabytes, turns: retrieveAll, popload: "--scenario drain" };
}

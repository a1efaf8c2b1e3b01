import type { Mail } from "./mail-seed.ts";
import type { KeyKind } from "./tls-certificate.ts";

/** A mail server that is measured. All of its processes are on this machine, on loopback. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly name: string;
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly lmtpPort: number;
  /** Parts whose CPU is the price, by what they are called: a process and its descendants each. */
  readonly parts: ReadonlyMap<string, number>;
  /** The names of logins for `popload`: a pattern for printf(3). */
  readonly poploadUsers: string;
  /** The name and the password of the login of a number, from 1. */
  loginOf(number: number): LoginPair;
  /** The envelope recipient that leads to that login's maildrop. */
  recipientOf(number: number): string;
  /** Puts mail into its store past LMTP, octet for octet what LMTP would have left there. */
  putMail(mail: Mail): Promise<void>;
  /** Lets go of what it does not need, where it collects garbage. */
  collectGarbage?(): Promise<void>;
}

/** How a server is set up. */
export interface ServerSetup {
  /** There are logins of the numbers from 1 to this. */
  readonly logins: number;
  readonly keyKind: KeyKind;
  /** First logins cost next to nothing: for what counts sessions, not logins. */
  readonly hasCheapPasswords?: boolean;
}

/** What a client types. */
export interface LoginPair {
  readonly name: string;
  readonly password: string;
}

/** The password of every login. */
export const password = "pass";

/** `user000001`: numbers of a fixed width, as printf(3) makes them of `user%06d`. */
export const userOf = (number: number): string => `user${String(number).padStart(6, "0")}`;

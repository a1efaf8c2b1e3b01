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
  loginOf(number: number): { readonly name: string; readonly password: string };
  /** Fills its database up to so many maildrops, if it has a database. */
  addMaildrops?(count: number): Promise<void>;
  /** The envelope recipient that leads to that login's maildrop. */
  recipientOf(number: number): string;
}

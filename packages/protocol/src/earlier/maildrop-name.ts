/**
 * Whether a mailbox that an earlier version asks for is the maildrop of the login: it is called `INBOX`, or
 * by the name that was logged in with. There is no other.
 */
export const isOwnMaildrop = (name: string, login: string): boolean =>
  name === login || name.toUpperCase() === "INBOX";

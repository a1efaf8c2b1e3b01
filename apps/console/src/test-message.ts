/** What a test message is made from. */
interface TestMessageParts {
  /** An address, or the name of a host. */
  readonly login: string;
  readonly at: Date;
  /** Letters and digits that no other message has. */
  readonly id: string;
}

/** A small message that shows that mail arrives. Lines end with CRLF, as on the wire. */
export function testMessage({ login, at, id }: TestMessageParts): string {
  const domain = login.slice(login.lastIndexOf("@") + 1);
  const recipient = login.includes("@") ? login : `postmaster@${domain}`;
  return [
    `Date: ${at.toUTCString().replace("GMT", "+0000")}`,
    `From: Poplar <postmaster@${domain}>`,
    `To: <${recipient}>`,
    "Subject: Test message",
    `Message-ID: <${id}@${domain}>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    `An operator has put this message into the maildrop of ${login}, to see that it arrives.`,
    "",
  ].join("\r\n");
}

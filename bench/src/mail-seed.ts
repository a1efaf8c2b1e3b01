import { LmtpClient } from "./lmtp-client.ts";
import type { Mail } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Recipients in one LMTP transaction. */
const recipientsMax = 50;

/** Delivers a scenario's mail over LMTP. @returns seconds that it took. */
export async function deliverMail(server: ServerUnderTest, mail: Mail): Promise<number> {
  const lmtp = await LmtpClient.open(server.lmtpPort);
  const startedMs = performance.now();
  for (let message = 1; message <= mail.messages; message += 1) {
    const content = messageOf(message, mail.octets);
    for (let offset = 0; offset < mail.logins; offset += recipientsMax) {
      const count = Math.min(recipientsMax, mail.logins - offset);
      const recipients = Array.from({ length: count }, (_, index) =>
        server.recipientOf(mail.firstLogin + offset + index),
      );
      await lmtp.deliver(recipients, content);
    }
  }
  await lmtp.quit();
  return (performance.now() - startedMs) / 1000;
}

/** A message of about so many octets, with lines that begin with dots. */
export function messageOf(number: number, octets: number): string {
  const header = `From: a@example.test\r\nTo: b@example.test\r\nSubject: message ${number}\r\nMessage-ID: <${number}@bench.test>\r\n\r\n`;
  const line = "The quick brown fox jumps over the lazy dog, again and again and again.\r\n";
  const dotted = ".. a line that begins with dots\r\n";
  const lines = Math.max(1, Math.floor((octets - header.length) / line.length));
  return header + dotted + line.repeat(lines - 1);
}

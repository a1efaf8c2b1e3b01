import { LmtpClient } from "./lmtp-client.ts";
import { messageOf } from "./mail-seed.ts";
import { PopClient } from "./pop-client.ts";
import { quantile } from "./runs.ts";
import { hundredThousand } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** Sessions that are timed, and before them those that warm up. */
const sessions = 15;
const warmUps = 3;

/**
 * Milliseconds from connecting to the end of the answer to UIDL on a maildrop of 100,000 messages, one
 * session at a time, median.
 *
 * @param isChanged a message comes in before each session.
 */
export async function listingMs(server: ServerUnderTest, isChanged: boolean): Promise<number> {
  const number = hundredThousand.firstLogin;
  const times: number[] = [];
  for (let session = 0; session < warmUps + sessions; session += 1) {
    if (isChanged) {
      const lmtp = await LmtpClient.open(server.lmtpPort);
      await lmtp.deliver([server.recipientOf(number)], messageOf(1, hundredThousand.octets));
      await lmtp.quit();
    }
    const startedMs = performance.now();
    const client = await PopClient.logIn(server, number, false);
    await client.say({ send: "UIDL\r\n", answers: 1, isMultiLine: true });
    times.push(performance.now() - startedMs);
    await client.quit();
  }
  return quantile(
    times.slice(warmUps).toSorted((one, other) => one - other),
    0.5,
  );
}

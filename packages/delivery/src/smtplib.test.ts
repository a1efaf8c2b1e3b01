import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { serve, temporaryDirectory } from "./test-fixture.ts";

/** It reads one reply after DATA, so it can speak LMTP for one accepted recipient at a time. */
const program = `
import smtplib, sys
host, port = sys.argv[1], int(sys.argv[2])
with smtplib.LMTP(host, port, local_hostname="client.example.test") as lmtp:
    body = b"Subject: from Python\\r\\n\\r\\n.dot\\r\\n..\\r\\n8-bit \\xe9\\r\\n.\\r\\nend\\r\\n"
    print(lmtp.sendmail("s@example.test", ["alice@example.test", "nobody@example.test"], body, ["BODY=8BITMIME"]))
    try:
        lmtp.sendmail("s@example.test", ["late-full@example.test"], body)
    except smtplib.SMTPDataError as error:
        print(error)
    print(lmtp.sendmail("", ["bob@example.test"], b"second"))
`;

const printed = [
  "{'nobody@example.test': (550, b'5.1.1 No such recipient')}",
  "(452, b'4.2.2 The maildrop is full')",
  "{}",
  "",
].join("\n");

test("Python's smtplib delivers over TCP and over a Unix socket", async (t) => {
  const socketPath = join(await temporaryDirectory(t), "lmtp.sock");
  const overTcp = await serve(t);
  const overUnix = await serve(t, { socketPath });
  for (const [{ store }, ...address] of [
    [overTcp, "127.0.0.1", String(overTcp.port)],
    [overUnix, socketPath, "0"],
  ] as const) {
    const { stdout } = await promisify(execFile)("python3", ["-c", program, ...address], { timeout: 20_000 });
    assert.equal(stdout, printed);
    assert.deepEqual(
      store.copies.map((copy) => [copy.recipient, copy.reversePath, copy.wire.toString("latin1")]),
      [
        [
          "alice@example.test",
          "s@example.test",
          "Subject: from Python\r\n\r\n..dot\r\n...\r\n8-bit \xe9\r\n..\r\nend\r\n",
        ],
        ["bob@example.test", "", "second\r\n"],
      ],
    );
  }
});

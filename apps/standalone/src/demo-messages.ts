import { randomUUID } from "node:crypto";

/**
 * Three messages as mail really looks: plain text, UTF-8 with a dot at a line's start, and one with an
 * attachment.
 */
export const demoMessages = (recipient: string): readonly string[] => {
  const header = (subject: string, ...more: string[]): string =>
    [
      "From: Poplar <postmaster@example.test>",
      `To: <${recipient}>`,
      `Subject: ${subject}`,
      `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
      `Message-ID: <${randomUUID()}@example.test>`,
      "MIME-Version: 1.0",
      ...more,
    ].join("\r\n");
  return [welcome, quirks, attachment].map((message) => message(header));
};

type Header = (subject: string, ...more: string[]) => string;

const welcome = (header: Header): string =>
  `${header("Welcome to Poplar", "Content-Type: text/plain; charset=us-ascii")}\r\n\r\n${[
    "You are reading this over POP3, so everything works.",
    "",
    "Try LIST, UIDL and TOP; mark this message with DELE, and see that nothing",
    "is gone until QUIT has answered +OK.",
    "",
  ].join("\r\n")}`;

const quirks = (header: Header): string =>
  `${header(
    "=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_der_Pappel?=",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  )}\r\n\r\n${["A line that begins with a dot:", ".", "..and one with two. Ünïcödé survives as it is: 🌳", ""].join("\r\n")}`;

const boundary = "=_poplar";

const attachment = (header: Header): string => {
  const picture = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="96"><path fill="#3a7d44" ' +
      'd="M32 2c14 20 18 40 14 56-2 8-8 12-14 12s-12-4-14-12C14 42 18 22 32 2z"/><path fill="#7a5230" d="M29 68h6v26h-6z"/></svg>\n',
  ).toString("base64");
  return `${header("A poplar, attached", `Content-Type: multipart/mixed; boundary="${boundary}"`)}\r\n\r\n${[
    `--${boundary}`,
    "Content-Type: text/plain; charset=us-ascii",
    "",
    "The tree that the server is named after.",
    `--${boundary}`,
    'Content-Type: image/svg+xml; name="poplar.svg"',
    'Content-Disposition: attachment; filename="poplar.svg"',
    "Content-Transfer-Encoding: base64",
    "",
    ...(picture.match(/.{1,76}/g) ?? []),
    `--${boundary}--`,
    "",
  ].join("\r\n")}`;
};

import { deepStrictEqual, match, notStrictEqual, strictEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertSameMail, loginWithMail, uniqueIds } from "../fixtures/foreign-client.ts";
import { bareControls, inCrlf, longLines, nastyMail, withoutEnd } from "../fixtures/nasty-mail.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

const mail = [...nastyMail, longLines, bareControls, withoutEnd];

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(() => server[Symbol.asyncDispose]());

/** Ways to the server, each with the flags that curl wants for it. */
const ways = {
  pop3: () => ({ base: `pop3://localhost:${server.ports.pop3}`, flags: [] }),
  pop3s: () => ({ base: `pop3s://localhost:${server.ports.pop3s}`, flags: [] }),
  STLS: () => ({ base: `pop3://localhost:${server.ports.pop3}`, flags: ["--ssl-reqd"] }),
} as const;
type Way = keyof typeof ways;

interface Request {
  readonly way?: Way;
  readonly login: string;
  readonly path?: string;
  readonly flags?: readonly string[];
}

const parametersOf = ({ way = "pop3", login, path = "", flags = [] }: Request): string[] => {
  const { base, flags: own } = ways[way]();
  const trust = ["--cacert", server.certificateFile];
  return [
    "--silent",
    "--show-error",
    ...trust,
    ...own,
    "--user",
    `${login}:${password}`,
    ...flags,
    base + path,
  ];
};

const curl = (request: Request): Promise<Outcome> => runWell("curl", parametersOf(request));

for (const way of ["pop3", "pop3s", "STLS"] as const) {
  test(`curl lists and retrieves every message over ${way}, octet for octet`, async () => {
    const login = await loginWithMail(server, `curl-${way.toLowerCase()}`, mail);
    const listing = (await curl({ way, login })).stdout.toString();
    const numbers = [...listing.matchAll(/^(\d+) (\d+)\r$/gm)];
    strictEqual(numbers.length, mail.length);
    const received: Buffer[] = [];
    for (const [, number, octets] of numbers) {
      const { stdout } = await curl({ way, login, path: `/${number}` });
      strictEqual(stdout.length, Number(octets), `LIST says how many octets message ${number} has`);
      received.push(stdout);
    }
    assertSameMail(received, mail, inCrlf);
  });
}

test("curl shows the top of a message: its header, the empty line and so many lines", async () => {
  const login = await loginWithMail(server, "curl-top", mail.slice(1, 2));
  const { stdout } = await curl({ login, flags: ["--request", "TOP 1 2"] });
  match(stdout.toString("latin1"), /^Return-Path: .*\r\n\r\n\.\r\n\.\.\r\n$/s);
});

test("curl deletes one message and leaves the others", async () => {
  const login = await loginWithMail(server, "curl-delete", mail.slice(0, 3));
  const onServer = await uniqueIds(server, login);
  await curl({ way: "STLS", login, path: "/2", flags: ["--request", "DELE", "--head"] });
  deepStrictEqual(await uniqueIds(server, login), [onServer[0], onServer[2]]);
});

test("curl is told that the password is wrong, and that there is no such message", async () => {
  const login = await loginWithMail(server, "curl-refused", []);
  const absent = await runProgram("curl", parametersOf({ login, path: "/1" }));
  notStrictEqual(absent.exitCode, 0);
  const wrong = parametersOf({ login }).map((word) => (word.startsWith(login) ? `${login}:wrong` : word));
  strictEqual((await runProgram("curl", wrong)).exitCode, 67, "login denied");
});

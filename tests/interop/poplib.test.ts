import { deepStrictEqual, match } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertSameMail, loginWithMail, temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { bareControls, inCrlf, longLines, nastyMail, withoutEnd } from "../fixtures/nasty-mail.ts";
import { runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

const mail = [...nastyMail, longLines, bareControls, withoutEnd];

/**
 * Retrieves everything, checks STAT, LIST, UIDL and TOP against it, deletes what it is told, and says what it
 * saw.
 */
const program = `
import json, poplib, ssl, sys
way, port, certificate, login, password, folder, doomed = sys.argv[1:]
poplib._MAXLINE = 200_000  # of 2048: a limit of poplib's own
context = ssl.create_default_context(cafile=certificate)
if way == "pop3s":
    pop = poplib.POP3_SSL("localhost", int(port), context=context)
else:
    pop = poplib.POP3("localhost", int(port))
if way == "STLS":
    pop.stls(context)
capabilities = pop.capa()
pop.user(login)
pop.pass_(password)
count, octets = pop.stat()
sizes = [line.split() for line in pop.list()[1]]
unique_ids = [line.split()[1].decode() for line in pop.uidl()[1]]
assert [int(number) for number, _ in sizes] == list(range(1, count + 1)), sizes
assert sum(int(size) for _, size in sizes) == octets, (sizes, octets)
for number in range(1, count + 1):
    reply, lines, received = pop.retr(number)
    message = b"".join(line + b"\\r\\n" for line in lines)
    assert len(message) == int(sizes[number - 1][1]), (number, len(message), sizes[number - 1])
    assert pop.list(number).split()[1:] == [b"%d" % number, sizes[number - 1][1]]
    assert pop.uidl(number).split()[2].decode() == unique_ids[number - 1]
    end_of_header = lines.index(b"") + 1
    for body_lines in (0, 1, 3):
        assert pop.top(number, body_lines)[1] == lines[:end_of_header + body_lines], (number, body_lines)
    with open(f"{folder}/{number}", "wb") as file:
        file.write(message)
for number in json.loads(doomed):
    pop.dele(number)
pop.rset()
for number in json.loads(doomed):
    pop.dele(number)
pop.quit()
print(json.dumps({"uniqueIds": unique_ids, "capabilities": sorted(capabilities)}))
`;

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(() => server[Symbol.asyncDispose]());

interface Visit {
  readonly login: string;
  readonly way?: "plain" | "STLS" | "pop3s";
  readonly folder: string;
  readonly doomed?: readonly number[];
  readonly secret?: string;
}

function parametersOf({ login, way = "plain", folder, doomed = [], secret = password }: Visit): string[] {
  const port = String(way === "pop3s" ? server.ports.pop3s : server.ports.pop3);
  const trust = server.certificateFile;
  return ["-c", program, way, port, trust, login, secret, folder, JSON.stringify(doomed)];
}

/** @returns the unique-ids that poplib saw. */
async function visit(options: Visit): Promise<readonly string[]> {
  const { stdout } = await runWell("python3", parametersOf(options));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written a few lines above
  return (JSON.parse(stdout.toString()) as { uniqueIds: string[] }).uniqueIds;
}

for (const way of ["plain", "STLS", "pop3s"] as const) {
  test(`poplib reads every message, whole and in part, octet for octet (${way})`, async (t) => {
    const login = await loginWithMail(server, `read-${way.toLowerCase()}`, mail);
    const folder = temporaryFolder(t);
    const seen = await visit({ login, way, folder });
    const received = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    assertSameMail(received, mail, inCrlf);
    deepStrictEqual(await visit({ login, way, folder }), seen, "unique-ids stay, RFC 1939 §7");
  });
}

test("poplib deletes two messages; the others keep their unique-ids", async (t) => {
  const login = await loginWithMail(server, "delete", mail.slice(0, 5));
  const folder = temporaryFolder(t);
  const seen = await visit({ login, folder, doomed: [2, 4] });
  deepStrictEqual(await uniqueIds(server, login), [seen[0], seen[2], seen[4]]);
  await server.deliver(mail[0]!.octets, login);
  const later = await uniqueIds(server, login);
  deepStrictEqual(later.filter((id) => seen.includes(id)).length, 3, "a new message has a new unique-id");
});

test("poplib is told that a password is wrong", async (t) => {
  const login = await loginWithMail(server, "wrong", []);
  const options = { login, folder: temporaryFolder(t), secret: "wrong" };
  match((await runProgram("python3", parametersOf(options))).stderr, /error_proto: b'-ERR \[AUTH\]/);
});

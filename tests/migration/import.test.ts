import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Dovecot, type PopListing, popListing } from "../fixtures/dovecot.ts";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";
import { run } from "../operations/run-poplar.ts";

let server: Standalone;
before(async () => {
  server = await Standalone.start();
});
after(async () => server?.[Symbol.asyncDispose]());

/** What `poplar import --json` says. */
interface Report {
  readonly rule: string;
  readonly messages: number;
  readonly imported: number;
  readonly known: number;
  readonly keptUniqueIds: number;
  readonly verified: number | null;
  readonly refused: readonly object[];
}

const poplar = async (args: readonly string[], input?: string): Promise<Awaited<ReturnType<typeof run>>> =>
  run({ args: [...args, "--json", "--data-dir", server.dataDir], ...(input !== undefined && { input }) });

async function importing(args: readonly string[], input?: string): Promise<Report> {
  const { code, out, err } = await poplar(["import", ...args], input);
  assert.deepEqual([code, err], [0, ""], out);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command promises
  return JSON.parse(out) as Report;
}

async function seen(login: string): Promise<PopListing> {
  const listing = await popListing(server.ports.pop3, login, password);
  if (typeof listing === "string") assert.fail(listing);
  return listing;
}

/** Three messages, one of which begins a line with a dot and with From, and ends without a line end. */
const mail = `
MESSAGES = [
    b"Return-Path: <erin@example.org>\\nReceived: from a by b; Tue, 1 Feb 2011 03:04:05 +0000\\nSubject: 1\\n\\none\\n",
    b"Subject: 2\\n\\n.dot\\nFrom here on\\n>From there\\n\\nlast line",
    b"Subject: 3\\n\\n" + b"x" * 100000 + b"\\n" + b"0123456789" * 30000 + b"\\n",
]
`;

const makeMaildir = `import mailbox, sys, os, time
${mail}
box = mailbox.Maildir(sys.argv[1], create=True)
for number, message in enumerate(MESSAGES):
    added = mailbox.MaildirMessage(message)
    if number == 0: added.set_subdir("cur"); added.set_flags("S")
    key = box.add(added)
    at = 1300000000 + number
    folder = os.path.join(sys.argv[1], "cur" if number == 0 else "new")
    name = [one for one in os.listdir(folder) if one.startswith(key)][0]
    os.rename(os.path.join(folder, name), os.path.join(folder, str(at) + name[name.index("."):]))
`;

const makeMbox = `import mailbox, sys
${mail}
box = mailbox.mbox(sys.argv[1], create=True)
for number, message in enumerate(MESSAGES):
    added = mailbox.mboxMessage(message)
    added.set_from("erin@example.org", (2011, 2, 3, 4, 5, number, 3, 34, 0))
    box.add(added)
box.flush()
`;

const python = async (script: string, ...args: string[]): Promise<Buffer> =>
  (await runWell("python3", ["-c", script, ...args])).stdout;

test("clients of Dovecot see the same unique-ids and octets after the import of its Maildir (P4)", async () => {
  await using dovecot = await Dovecot.start(async (home) => {
    await python(makeMaildir, join(home, "Maildir"));
  });
  const shown = await dovecot.listing();
  assert.equal(shown.uniqueIds.length, 3);
  const login = await server.addLogin("carol");
  const folder = join(dovecot.folder, "mail/Maildir");
  const args = ["maildir", folder, "--login", login, "--keep-uidl", "dovecot", "--verify"];

  const dry = await importing([...args, "--dry-run"]);
  assert.deepEqual([dry.imported, dry.verified], [3, null]);
  assert.deepEqual((await seen(login)).uniqueIds, []);

  const first = await importing(args);
  assert.deepEqual([first.rule, first.imported, first.keptUniqueIds, first.verified], ["dovecot", 3, 3, 3]);
  assert.deepEqual(await seen(login), shown);

  const second = await importing(args);
  assert.deepEqual([second.imported, second.known, second.verified], [0, 3, 3]);
  assert.deepEqual(await seen(login), shown);
});

test("the received dates of a Maildir stay, and its Return-Paths", async () => {
  const login = await server.addLogin("dates");
  await using dovecot = await Dovecot.start((home) =>
    python(makeMaildir, join(home, "Maildir")).then(() => {}),
  );
  await importing(["maildir", join(dovecot.folder, "mail/Maildir"), "--login", login]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API promises
  const { entries } = (await server.call("GET", `/maildrops/${login}/messages`)) as {
    readonly entries: readonly { readonly receivedAt: string; readonly reversePath: string }[];
  };
  assert.deepEqual(
    entries.map(({ receivedAt }) => Date.parse(receivedAt) / 1000),
    [1_300_000_000, 1_300_000_001, 1_300_000_002],
  );
  assert.equal(entries[0]?.reversePath, "erin@example.org");
});

test("an import by POP keeps what the other server shows, whatever server that is (RFC 1939 §7)", async () => {
  await using dovecot = await Dovecot.start(
    (home) => python(makeMaildir, join(home, "Maildir")).then(() => {}),
    {
      extra: "protocol pop3 {\n  pop3_uidl_format = odd-%v.%u\n}\n",
    },
  );
  const shown = await dovecot.listing();
  assert.match(shown.uniqueIds[0] ?? "", /^odd-\d+\.1$/);
  const login = await server.addLogin("by-pop");
  const url = `pop://carol@127.0.0.1:${dovecot.port}`;
  const args = ["pop", url, "--login", login, "--tls", "none", "--password-stdin", "--verify"];
  const first = await importing(args, dovecot.password);
  assert.deepEqual([first.imported, first.keptUniqueIds, first.verified], [3, 3, 3]);
  assert.deepEqual(await seen(login), shown);
  const second = await importing(args, dovecot.password);
  assert.deepEqual([second.imported, second.known, second.verified], [0, 3, 3]);
  // The same rule, from the files.
  const byFiles = await server.addLogin("by-files");
  const folder = join(dovecot.folder, "mail/Maildir");
  await importing(["maildir", folder, "--login", byFiles, "--uidl-format", "odd-%v.%u"]);
  assert.deepEqual(await seen(byFiles), shown);
});

test("an mbox that Dovecot keeps leads to the unique-ids that Dovecot shows", async () => {
  await using dovecot = await Dovecot.start(
    async (home) => {
      await python(makeMbox, join(home, "inbox"));
    },
    {
      mailLocation: "mbox:~/mbox:INBOX=~/inbox",
      extra: "mbox_write_locks = fcntl\nmail_privileged_group =\n",
    },
  );
  const shown = await dovecot.listing();
  const login = await server.addLogin("mbox");
  const report = await importing(["mbox", join(dovecot.folder, "mail/inbox"), "--login", login, "--verify"]);
  assert.deepEqual([report.rule, report.imported, report.verified], ["dovecot", 3, 3]);
  assert.deepEqual((await seen(login)).uniqueIds, shown.uniqueIds);
});

test("an mbox of Python is read as it was written, and imported once though mail programs mark it", async (t) => {
  const file = join(temporaryFolder(t), "box");
  await python(makeMbox, file);
  const login = await server.addLogin("python");
  const args = ["mbox", file, "--login", login, "--format", "mboxo", "--verify"];
  const first = await importing(args);
  assert.deepEqual([first.rule, first.imported, first.verified], ["none", 3, 3]);
  const expected = await python(`import hashlib, json
${mail}
# As a mailbox.mbox writes it: a line end at the end, and of two quotations of From one is lost.
quoted = [one.replace(b"\\n>From ", b"\\nFrom ") for one in MESSAGES]
wire = [one.rstrip(b"\\n").replace(b"\\n", b"\\r\\n") for one in quoted]
print(json.dumps([hashlib.sha256(one).hexdigest() for one in wire]))`);
  assert.deepEqual((await seen(login)).digests, JSON.parse(expected.toString()));
  writeFileSync(
    file,
    readFileSync(file, "latin1").replaceAll("Subject: ", "Status: RO\nSubject: "),
    "latin1",
  );
  const second = await importing(["mbox", file, "--login", login, "--format", "mboxo"]);
  assert.deepEqual([second.imported, second.known], [0, 3]);
  const [, since] =
    (await server.call("GET", `/maildrops/${login}/messages`).then(JSON.stringify)).match(
      /receivedAt":"([^"]+)"/,
    ) ?? [];
  assert.equal(since, "2011-02-03T04:05:00.000Z");
});

test("of two equal messages in an mbox both come, and once each", async (t) => {
  const file = join(temporaryFolder(t), "box");
  const one = "From erin@example.org Tue Nov 24 12:00:00 2020\nSubject: same\n\nsame\n\n";
  writeFileSync(file, one + one);
  const login = await server.addLogin("equal");
  assert.equal((await importing(["mbox", file, "--login", login])).imported, 2);
  assert.equal((await importing(["mbox", file, "--login", login])).known, 2);
});

test("Courier's list gives the unique-ids, and the order is that of the names", async (t) => {
  const folder = join(temporaryFolder(t), "Maildir");
  await python(makeMaildir, folder);
  const names = ["cur", "new"].flatMap((part) => readdirSync(join(folder, part))).toSorted();
  // In the order of an older sorting, as Courier writes version 3: name, size, number, UIDVALIDITY, UTF-8.
  const list = ["/3 4 1299999999", ...names.map((name, at) => `${name} 1 ${at + 1}:1299999999:0`), ""];
  writeFileSync(join(folder, "courierpop3dsizelist"), list.join("\n"));
  const login = await server.addLogin("courier");
  const report = await importing(["maildir", folder, "--login", login]);
  assert.deepEqual([report.rule, report.keptUniqueIds], ["courier", 3]);
  assert.deepEqual(
    (await seen(login)).uniqueIds,
    [1, 2, 3].map((number) => `UID${number}-1299999999`),
  );
});

test("a maildrop of Cyrus gives UIDVALIDITY and UID, without what was expunged", async (t) => {
  const folder = temporaryFolder(t);
  const [headerOctets, recordOctets] = [128, 104];
  const index = Buffer.alloc(headerOctets + 3 * recordOctets);
  for (const [at, number] of [
    [8, 13],
    [12, headerOctets],
    [16, recordOctets],
    [20, 3],
    [44, 1_234_567],
  ] as const) {
    index.writeUInt32BE(number, at);
  }
  for (const [record, uid] of [3, 7, 9].entries()) {
    const at = headerOctets + record * recordOctets;
    index.writeUInt32BE(uid, at);
    if (uid === 7) index.writeUInt32BE(0x8000_0000, at + 32);
    writeFileSync(join(folder, `${uid}.`), `Subject: ${uid}\r\n\r\n`);
  }
  writeFileSync(join(folder, "cyrus.index"), index);
  const login = await server.addLogin("cyrus");
  const report = await importing(["maildir", folder, "--login", login, "--verify"]);
  assert.deepEqual([report.rule, report.imported, report.verified], ["cyrus", 2, 2]);
  assert.deepEqual((await seen(login)).uniqueIds, ["1234567.3", "1234567.9"]);
});

test("what came to the Maildir between two runs is all that the second one imports", async (t) => {
  const folder = join(temporaryFolder(t), "Maildir");
  await python(makeMaildir, folder);
  const [first = ""] = readdirSync(join(folder, "new")).toSorted();
  const elsewhere = join(folder, "tmp", first);
  renameSync(join(folder, "new", first), elsewhere);
  const login = await server.addLogin("twice");
  assert.equal((await importing(["maildir", folder, "--login", login])).imported, 2);
  renameSync(elsewhere, join(folder, "cur", `${first}:2,S`));
  const report = await importing(["maildir", folder, "--login", login]);
  assert.deepEqual([report.imported, report.known], [1, 2]);
});

test("what a client has deleted since the first run does not come back", async (t) => {
  const folder = join(temporaryFolder(t), "Maildir");
  await python(makeMaildir, folder);
  const login = await server.addLogin("deleted");
  await importing(["maildir", folder, "--login", login]);
  {
    using client = await server.logIn(login);
    await client.ask("DELE 1");
    await client.ask("QUIT");
  }
  const report = await importing(["maildir", folder, "--login", login, "--verify"]);
  assert.deepEqual([report.imported, report.known, report.verified], [0, 3, 2]);
  assert.equal((await seen(login)).uniqueIds.length, 2);
});

test("--verify notices what is not as it was, and the exit code says so", async (t) => {
  const folder = join(temporaryFolder(t), "Maildir");
  await python(makeMaildir, folder);
  const login = await server.addLogin("changed");
  await importing(["maildir", folder, "--login", login]);
  const [name = ""] = readdirSync(join(folder, "new"));
  writeFileSync(join(folder, "new", name), "Subject: another\n\n");
  const { code, err } = await poplar(["import", "maildir", folder, "--login", login, "--verify"]);
  assert.equal(code, 1);
  assert.match(err, /messages-differ/);
});

test("a file that cannot be read is named, and the others come", async (t) => {
  const folder = join(temporaryFolder(t), "Maildir");
  await python(makeMaildir, folder);
  const [name = ""] = readdirSync(join(folder, "new")).toSorted();
  rmSync(join(folder, "new", name));
  await runWell("mkdir", [join(folder, "new", name)]);
  const login = await server.addLogin("unreadable");
  const { code, out, err } = await poplar(["import", "maildir", folder, "--login", login]);
  assert.equal(code, 1);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command promises
  assert.equal((JSON.parse(out) as Report).imported, 2);
  assert.match(err, new RegExp(name));
});

test("what cannot be imported is said in a sentence: no Maildir, no mbox, no login", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "box"), "Subject: no mbox\n\n");
  const login = await server.addLogin("wrong");
  const attempts = [
    [["maildir", folder, "--login", login], 2, /has the folders cur and new/],
    [
      ["maildir", folder, "--login", login, "--keep-uidl", "courier"],
      2,
      /There is no .*courierpop3dsizelist/,
    ],
    [["mbox", join(folder, "box"), "--login", login], 1, /is no mbox/],
    [["mbox", join(folder, "none"), "--login", login], 2, /cannot be read/],
  ] as const;
  for (const [args, expected, sentence] of attempts) {
    const { code, err } = await poplar(["import", ...args]);
    assert.deepEqual([code, sentence.test(err)], [expected, true], err);
  }
  writeFileSync(join(folder, "box"), "From x Tue Nov 24 12:00:00 2020\nSubject: 1\n\n");
  const { code, err } = await poplar([
    "import",
    "mbox",
    join(folder, "box"),
    "--login",
    "nobody@example.test",
  ]);
  assert.deepEqual([code, /There is no login or address nobody@example.test/.test(err)], [1, true], err);
});

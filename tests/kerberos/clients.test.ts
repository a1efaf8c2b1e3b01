import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { KerberosLab } from "./kerberos-lab.ts";

const MAIL = Buffer.from("Subject: for a principal\r\n\r\nNo password was harmed.\r\n");

let lab: KerberosLab;
/** The environment of a client that has alice's ticket. */
let alice: Record<string, string>;
before(async () => {
  lab = await KerberosLab.start();
  alice = await ticketOf("alice@POPLAR.TEST");
});
after(async () => lab[Symbol.asyncDispose]());

async function ticketOf(principal: string): Promise<Record<string, string>> {
  const { KRB5CCNAME = "", KRB5_CONFIG = "" } = await lab.kdc.kinit(principal);
  return { KRB5CCNAME, KRB5_CONFIG };
}

const deliver = async (): Promise<void> => lab.server.deliver(MAIL, "alice@example.test");

/** What is in a maildir or folder that a client has filled. */
const received = (folder: string): string[] =>
  readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));

const isOurMail = (text: string): boolean => text.includes("No password was harmed.");

for (const scheme of ["pop3", "pop3s"] as const) {
  test(`curl logs in by GSSAPI over ${scheme}, and again with the same ticket (RFC 4752)`, async () => {
    await deliver();
    const url = `${scheme}://localhost:${lab.server.ports[scheme]}/1`;
    const trust = ["--cacert", lab.server.certificateFile];
    const login = ["--login-options", "AUTH=GSSAPI", "--user", ":", "--silent", "--show-error"];
    for (let time = 0; time < 2; time += 1) {
      const { stdout } = await runWell("curl", [...login, ...trust, url], { env: alice });
      assert.ok(isOurMail(stdout.toString()));
    }
  });
}

/**
 * fetchmail with a home of its own. By KPOP it connects to the service of that name alone, which no machine
 * of today lists: it sees a list of services of its own, too.
 */
async function fetchmail(
  t: TestContext,
  poll: string,
): Promise<{ exitCode: number | null; mail: string[]; said: string }> {
  const home = temporaryFolder(t);
  const maildir = join(home, "mail");
  mkdirSync(maildir);
  const file = join(home, "fetchmailrc");
  writeFileSync(
    file,
    `set no syslog\n${poll}\nkeep fetchall no rewrite mda "cat > $(mktemp ${maildir}/XXXXXXXX)"\n`,
  );
  chmodSync(file, 0o600);
  const services = join(home, "services");
  writeFileSync(services, `kpop ${lab.kpopPort}/tcp\n`);
  const script = 'mount --bind "$0" /etc/services && exec fetchmail "$@"';
  const own = ["--fetchmailrc", file, "--pidfile", join(home, "pid")];
  const parameters = [services, ...own, "--invisible", "-vv", "--nosslcertck"];
  const { exitCode, stdout, stderr } = await runProgram(
    "unshare",
    ["--map-root-user", "--mount", "sh", "-c", script, ...parameters],
    { env: { ...alice, FETCHMAILHOME: home }, timeoutMs: 20_000 },
  );
  return { exitCode, mail: received(maildir), said: stdout.toString() + stderr };
}

test("fetchmail logs in by GSSAPI", async (t) => {
  await deliver();
  const { exitCode, mail, said } = await fetchmail(
    t,
    `poll localhost protocol pop3 port ${lab.server.ports.pop3} auth gssapi user "alice" sslproto ""`,
  );
  assert.equal(exitCode, 0, said);
  assert.match(said, /AUTH GSSAPI/);
  assert.ok(mail.some(isOurMail), said);
});

for (const [tls, rc] of [
  ["in clear", 'sslproto ""'],
  ["and STLS behind it", ""],
] as const) {
  test(`fetchmail logs in by KPOP ${tls}: mutual, with \`krb_ticket\` for a password`, async (t) => {
    await deliver();
    const poll = `poll localhost protocol KPOP auth kerberos_v5 user "alice" ${rc}`;
    const { exitCode, mail, said } = await fetchmail(t, poll);
    assert.equal(exitCode, 0, said);
    assert.equal(said.includes("POP3> STLS"), rc === "", said);
    assert.ok(mail.some(isOurMail), said);
  });
}

test("mpop logs in by GSSAPI, which GNU SASL speaks", async (t) => {
  await deliver();
  const home = temporaryFolder(t);
  const maildir = join(home, "mail");
  for (const folder of ["", "cur", "new", "tmp"]) mkdirSync(join(maildir, folder));
  const file = join(home, "mpoprc");
  const lines = [
    "account default",
    "host localhost",
    `port ${lab.server.ports.pop3}`,
    "user alice",
    "auth gssapi",
    "tls off",
    "keep on",
    `uidls_file ${join(home, "uidls")}`,
    `delivery maildir ${maildir}`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  chmodSync(file, 0o600);
  await runWell("mpop", ["--file", file, "--debug"], { env: { ...alice, HOME: home } });
  assert.ok(received(join(maildir, "new")).some(isOurMail));
});

test("nmh reads and deletes through the confidentiality layer (RFC 4752 §3.3)", async (t) => {
  await deliver();
  const home = temporaryFolder(t);
  writeFileSync(join(home, ".mh_profile"), "Path: Mail\n");
  mkdirSync(join(home, "Mail", "inbox"), { recursive: true });
  const parameters = [
    "-host",
    "localhost",
    "-port",
    String(lab.server.ports.pop3),
    "-user",
    "alice@example.test",
  ];
  const { stdout, stderr } = await runWell(
    "/usr/bin/mh/inc",
    [...parameters, "-sasl", "-saslmech", "gssapi", "-snoop", "-truncate"],
    { env: { ...alice, HOME: home } },
  );
  assert.match(stderr, /\(sasl-encrypted\) => RETR 1/, stderr + stdout);
  assert.ok(received(join(home, "Mail", "inbox")).some(isOurMail));
  const { stdout: status } = await runWell(
    "curl",
    [
      "--login-options",
      "AUTH=GSSAPI",
      "--user",
      ":",
      "--silent",
      `pop3://localhost:${lab.server.ports.pop3}/`,
    ],
    { env: alice },
  );
  assert.equal(status.toString().trim(), "", "nmh has deleted what it took");
});

/**
 * Net::POP3 takes no layer, where Authen::SASL chooses the best that it may; and it puts the whole ticket on
 * the line of AUTH.
 */
const netPop3 = `
use strict; use warnings;
package Sasl; use parent "Authen::SASL";
sub client_new { my $client = shift->SUPER::client_new(@_); $client->property(maxssf => 0); $client }
package main; use Net::POP3;
my ($port, $name) = @ARGV;
my $pop = Net::POP3->new("localhost", Port => $port, Timeout => 20) or die "no greeting: $@";
my $sasl = Sasl->new(mechanism => "GSSAPI", callback => { authname => $name });
$pop->auth($sasl) or die "no login: " . $pop->message;
print @{ $pop->get(1) };
$pop->quit or die "no QUIT: " . $pop->message;
`;

test("Perl's Net::POP3 logs in by GSSAPI, with a name that is its own and with no other (RFC 4752 §3.1)", async () => {
  await deliver();
  const logInAs = async (name: string): Promise<Outcome> =>
    runProgram("perl", ["-e", netPop3, String(lab.server.ports.pop3), name], { env: alice });
  for (const name of ["", "alice@example.test"]) {
    const { stdout, stderr } = await logInAs(name);
    assert.ok(isOurMail(stdout.toString()), stderr);
  }
  assert.match((await logInAs("bob@example.test")).stderr, /no login: /);
  await lab.untilLogged("wrong-authzid");
});

test("neomutt logs in by GSSAPI, and knows no password", async (t) => {
  await deliver();
  const home = temporaryFolder(t);
  const copy = join(home, "copy");
  const file = join(home, "neomuttrc");
  const lines = [
    `set spool_file = "pop://alice@localhost:${lab.server.ports.pop3}/"`,
    'set pop_authenticators = "gssapi"',
    "set ssl_starttls = no",
    "set ssl_force_tls = no",
    "set confirm_append = no",
    `push "<tag-pattern>~A<enter><tag-prefix><copy-message>${copy}<enter>y<exit>"`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  // neomutt works on a terminal alone.
  const { stdout, stderr } = await runProgram(
    "script",
    ["--quiet", "--return", "--command", `neomutt -F ${file}`, "/dev/null"],
    { env: { ...alice, HOME: home, TERM: "xterm" }, timeoutMs: 20_000 },
  );
  assert.ok(existsSync(copy) && isOurMail(readFileSync(copy, "latin1")), stdout.toString() + stderr);
});

import { deepStrictEqual, match } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertSameMail, loginWithMail, temporaryFolder, uniqueIds } from "../fixtures/foreign-client.ts";
import { inCrlf, inLf, longLines, nastyMail, withoutEnd } from "../fixtures/nasty-mail.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";

const mail = [...nastyMail, longLines, withoutEnd];

/** Retrieves everything into a folder, and deletes what it is told. */
const program = `
use strict; use warnings;
use Net::POP3; use IO::Socket::SSL;
my ($way, $port, $certificate, $login, $password, $folder, @doomed) = @ARGV;
my %tls = (SSL_ca_file => $certificate, SSL_verifycn_name => "localhost", SSL_hostname => "localhost");
my $pop = Net::POP3->new("localhost", Port => $port, Timeout => 20, $way eq "pop3s" ? (SSL => 1, %tls) : ())
  or die "no greeting: $@";
if ($way eq "STLS") { $pop->starttls(%tls) or die "no STLS: " . $pop->message }
my $count = $pop->login($login, $password);
defined $count or die "no login: " . $pop->message;
my $sizes = $pop->list;
my $ids = $pop->uidl;
keys %$sizes == $count && keys %$ids == $count or die "LIST and UIDL differ from STAT";
for my $number (sort { $a <=> $b } keys %$sizes) {
  my $lines = $pop->get($number) or die "no message $number: " . $pop->message;
  open(my $file, ">:raw", "$folder/$number") or die $!;
  print $file @$lines;
  close($file) or die $!;
}
for my $number (@doomed) { $pop->delete($number) or die "no DELE $number: " . $pop->message }
$pop->quit or die "no QUIT: " . $pop->message;
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
  return ["-e", program, way, port, server.certificateFile, login, secret, folder, ...doomed.map(String)];
}

const visit = (options: Visit): Promise<Outcome> => runWell("perl", parametersOf(options));

for (const way of ["plain", "STLS", "pop3s"] as const) {
  test(`Net::POP3 reads every message and leaves all of them (${way})`, async (t) => {
    const login = await loginWithMail(server, `read-${way.toLowerCase()}`, mail);
    const onServer = await uniqueIds(server, login);
    const folder = temporaryFolder(t);
    await visit({ login, way, folder });
    const received = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    // Net::Cmd makes CRLF a line feed, IO::Socket::SSL does not.
    assertSameMail(received, mail, way === "plain" ? inLf : inCrlf);
    deepStrictEqual(await uniqueIds(server, login), onServer);
  });
}

test("Net::POP3 deletes two messages; the others keep their unique-ids", async (t) => {
  const login = await loginWithMail(server, "delete", mail.slice(0, 5));
  const onServer = await uniqueIds(server, login);
  await visit({ login, folder: temporaryFolder(t), doomed: [1, 5] });
  deepStrictEqual(await uniqueIds(server, login), onServer.slice(1, 4));
});

test("Net::POP3 is told that a password is wrong", async (t) => {
  const login = await loginWithMail(server, "wrong", []);
  const options = { login, folder: temporaryFolder(t), secret: "wrong" };
  match((await runProgram("perl", parametersOf(options))).stderr, /no login/);
});

import { match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { generate } from "selfsigned";
import { temporaryFolder } from "../fixtures/foreign-client.ts";
import { OAuthIssuerServer } from "../fixtures/oauth-issuer.ts";
import { type Outcome, runProgram, runWell } from "../fixtures/run-program.ts";
import { password, Standalone } from "../fixtures/standalone.ts";
import { LabClient } from "../server/lab-client.ts";

const login = "ann@example.test";
const mechanisms = [
  "USER",
  "APOP",
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "DIGEST-MD5",
  "OAUTHBEARER",
  "XOAUTH2",
  "EXTERNAL",
  "SCRAM-SHA-1",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256-PLUS",
];
/** What defines each, as far as an RFC does. */
const rfcs: Readonly<Record<string, string>> = {
  APOP: "RFC 1939 §7",
  PLAIN: "RFC 4616",
  "CRAM-MD5": "RFC 2195",
  "DIGEST-MD5": "RFC 2831",
  "SCRAM-SHA-1": "RFC 5802",
  "SCRAM-SHA-256": "RFC 7677",
  OAUTHBEARER: "RFC 7628",
  EXTERNAL: "RFC 4422",
};
const titleOf = (mechanism: string): string => `${mechanism} (${rfcs[mechanism] ?? "no RFC"})`;

const message = Buffer.from("Subject: for Ann\r\n\r\nWelcome.\r\n");

let server: Standalone;
let issuer: OAuthIssuerServer;
/** A client certificate of Ann's that is its own authority, and its key. */
let certificate: { readonly cert: string; readonly key: string };

/** For what outlives a test. */
let home: string;

before(async () => {
  home = mkdtempSync(join(tmpdir(), "poplar-mechanisms-"));
  certificate = await makeClientCertificate();
  issuer = await OAuthIssuerServer.start();
  const config = join(home, "poplar.yaml");
  const secret = join(home, "introspection-secret");
  writeFileSync(secret, "hush\n");
  writeFileSync(config, configText(secret));
  server = await Standalone.start({
    flags: [
      `--config=${config}`,
      `--mechanisms=${mechanisms.join(",")}`,
      "--host-aliases=localhost",
      `--client-authorities=${certificate.cert}`,
      "--certificate-email-logins",
    ],
  });
  await server.call("POST", "/domains", { name: "example.test" });
  await server.call("POST", "/logins", { name: login, password, isSharedSecret: true });
  await server.deliver(message, login);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

/** curl takes OAUTHBEARER wherever it is offered: on the port of STLS it is not. */
const configText = (secret: string): string => `
oauth-issuers:
  - issuer: ${issuer.url}
    audience: [poplar]
    jwks: ${issuer.url}/jwks
    introspection: { url: "${issuer.url}/introspect", client: poplar, secret: ${secret} }
    claim: email
mechanism-rules:
  - { listeners: [pop3], mechanisms: [${mechanisms.filter((each) => each !== "OAUTHBEARER").join(", ")}] }
`;

async function makeClientCertificate(): Promise<typeof certificate> {
  const pems = await generate([{ name: "commonName", value: "Ann" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "extKeyUsage", clientAuth: true },
      { name: "subjectAltName", altNames: [{ type: 1, value: login }] },
    ],
  });
  const files = { cert: join(home, "ann.crt"), key: join(home, "ann.key") };
  writeFileSync(files.cert, pems.cert);
  writeFileSync(files.key, pems.private, { mode: 0o600 });
  return files;
}

interface Visit {
  readonly mechanism: string;
  readonly secret?: string;
  /** For mechanisms that show one. */
  readonly token?: string;
}

/** What curl is told of who it is. */
function curlCredentials({ mechanism, secret = password }: Visit): readonly string[] {
  if (mechanism === "EXTERNAL") {
    return ["--user", `${login}:`, "--cert", certificate.cert, "--key", certificate.key];
  }
  if (mechanism === "XOAUTH2" || mechanism === "OAUTHBEARER") {
    return ["--user", login, "--oauth2-bearer", secret === password ? issuer.token(login) : secret];
  }
  return ["--user", `${login}:${secret}`];
}

const curl = (visit: Visit): Promise<Outcome> =>
  runProgram("curl", [
    "--silent",
    "--show-error",
    "--verbose",
    "--cacert",
    server.certificateFile,
    "--login-options",
    `AUTH=${visit.mechanism === "APOP" ? "+APOP" : visit.mechanism}`,
    ...curlCredentials(visit),
    ...(visit.mechanism === "XOAUTH2"
      ? ["--ssl-reqd", `pop3://localhost:${server.ports.pop3}/1`]
      : [`pop3s://localhost:${server.ports.pop3s}/1`]),
  ]);

for (const mechanism of [
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "DIGEST-MD5",
  "XOAUTH2",
  "OAUTHBEARER",
  "EXTERNAL",
  "APOP",
]) {
  test(`curl logs in by ${titleOf(mechanism)}`, async () => {
    const { exitCode, stdout, stderr } = await curl({ mechanism });
    strictEqual(exitCode, 0, stderr);
    match(stderr, mechanism === "APOP" ? /^> APOP /m : new RegExp(`^> AUTH ${mechanism}\\b`, "m"));
    match(stdout.toString(), /Welcome\./);
  });
}

for (const mechanism of ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "APOP"]) {
  test(`curl with a wrong password is refused by ${mechanism}`, async () => {
    const { exitCode, stderr } = await curl({ mechanism, secret: "wrong" });
    strictEqual(exitCode, 67, stderr);
  });
}

test("CAPA lists what is possible on this connection, and no more (RFC 2449 §6.3)", async () => {
  using client = await server.connect();
  await client.ask("CAPA");
  const sasl = /^SASL (?<list>.*?)\r$/m.exec(await client.lines())?.groups?.["list"];
  // Neither tokens nor certificates nor channel bindings without TLS.
  strictEqual(sasl, "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 DIGEST-MD5 PLAIN LOGIN");
});

test("curl with an expired token is refused, and told so in the way of the mechanism (RFC 7628 §3.2.3)", async () => {
  for (const mechanism of ["OAUTHBEARER", "XOAUTH2"]) {
    const { exitCode, stderr } = await curl({ mechanism, secret: issuer.token(login, -600) });
    notStrictEqual(exitCode, 0, stderr);
  }
});

/** mpop, of which the debug output is the dialogue. */
async function mpop(t: TestContext, { mechanism, secret = password, token }: Visit): Promise<Outcome> {
  const folder = temporaryFolder(t);
  const maildir = join(folder, "mail");
  for (const each of ["", "cur", "new", "tmp"]) mkdirSync(join(maildir, each));
  const fingerprint = ["x509", "-in", server.certificateFile, "-noout", "-fingerprint", "-sha256"];
  const { stdout } = await runWell("openssl", fingerprint);
  const isBearer = mechanism === "OAUTHBEARER" || mechanism === "XOAUTH2";
  const shown = isBearer ? (token ?? issuer.token(login)) : secret;
  // A line of its file has 500 characters at most.
  writeFileSync(join(folder, "secret"), `${shown}\n`, { mode: 0o600 });
  const lines = [
    "account default",
    "host localhost",
    `port ${server.ports.pop3s}`,
    `user ${login}`,
    `passwordeval cat ${join(folder, "secret")}`,
    `auth ${mechanism.toLowerCase()}`,
    "tls on",
    "tls_starttls off",
    `tls_fingerprint ${stdout.toString().trim().replace(/^.*=/, "")}`,
    ...(mechanism === "EXTERNAL"
      ? [`tls_cert_file ${certificate.cert}`, `tls_key_file ${certificate.key}`]
      : []),
    "keep on",
    `uidls_file ${join(folder, "uidls")}`,
    `delivery maildir ${maildir}`,
  ];
  const file = join(folder, "mpoprc");
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const outcome = await runProgram("mpop", ["--debug", `--file=${file}`]);
  const mail = readdirSync(join(maildir, "new")).map((name) => readFileSync(join(maildir, "new", name)));
  return { ...outcome, stdout: Buffer.concat([outcome.stdout, ...mail]) };
}

for (const mechanism of [
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "DIGEST-MD5",
  "OAUTHBEARER",
  "XOAUTH2",
  "EXTERNAL",
  "APOP",
  "USER",
]) {
  test(`mpop logs in by ${titleOf(mechanism)}`, async (t) => {
    const { exitCode, stdout, stderr } = await mpop(t, { mechanism });
    strictEqual(exitCode, 0, stdout.toString() + stderr);
    const verb = mechanism === "APOP" || mechanism === "USER" ? mechanism : `AUTH ${mechanism}`;
    match(stdout.toString(), new RegExp(`^--> ${verb}\\b`, "m"));
    match(stdout.toString(), /Welcome\./);
  });
}

test("mpop is let in with the longest token that it can send, which is some 3 KB", async (t) => {
  const token = issuer.token(login, 600, { groups: "g".repeat(1800) });
  for (const mechanism of ["XOAUTH2", "OAUTHBEARER"]) {
    const { exitCode, stdout, stderr } = await mpop(t, { mechanism, token });
    strictEqual(exitCode, 0, stdout.toString() + stderr);
    match(stdout.toString(), /Welcome\./);
    if (mechanism === "OAUTHBEARER") match(stdout.toString(), /^--> AUTH OAUTHBEARER [A-Za-z0-9+/=]{3000,}/m);
  }
});

test("a token of more than 4 KB on the line of AUTH opens, however its octets come (RFC 5034 §4)", async () => {
  const ca = readFileSync(server.certificateFile);
  for (const octets of [4096, 12_000]) {
    const token = issuer.token(login, 600, { groups: "g".repeat(octets) });
    const response = Buffer.from(`user=${login}\x01auth=Bearer ${token}\x01\x01`).toString("base64");
    const line = `AUTH XOAUTH2 ${response}\r\n`;
    ok(line.length > octets);
    using client = await LabClient.connectTls(server.ports.pop3s, { ca, servername: "localhost" });
    await client.line();
    // In two records of TLS, at least.
    client.send(line.slice(0, 3000));
    client.send(line.slice(3000));
    match(await client.line(), /^\+OK/);
  }
});

for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "APOP"]) {
  test(`mpop with a wrong password is refused by ${mechanism}`, async (t) => {
    const { exitCode, stdout } = await mpop(t, { mechanism, secret: "wrong" });
    notStrictEqual(exitCode, 0, stdout.toString());
  });
}

for (const [way, dialogue] of [
  [`protocol apop`, /APOP ann@example\.test /],
  [`protocol pop3 auth cram-md5`, /AUTH CRAM-MD5/],
] as const) {
  test(`fetchmail logs in as it is told: ${way}`, async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "fetchmailrc");
    const [protocol = "", auth = ""] = way.split(/(?= auth)/);
    const secret = password.replaceAll('"', String.raw`\042`);
    writeFileSync(
      file,
      `set no syslog\npoll localhost ${protocol} port ${server.ports.pop3}${auth}
      user "${login}" password "${secret}" sslproto "" keep fetchall mda "cat > ${join(folder, "mail")}"\n`,
      { mode: 0o600 },
    );
    const own = ["--fetchmailrc", file, "--idfile", join(folder, "ids"), "--pidfile", join(folder, "pid")];
    const parameters = [...own, "--verbose"];
    const { stdout } = await runWell("fetchmail", parameters, { env: { FETCHMAILHOME: folder } });
    match(stdout.toString(), dialogue);
    match(readFileSync(join(folder, "mail"), "utf8"), /Welcome\./);
  });
}

for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "PLAIN", "LOGIN"]) {
  test(`nmh logs in by ${titleOf(mechanism)}`, async (t) => {
    const folder = temporaryFolder(t);
    const credentials = join(folder, "credentials");
    const quoted = password.replaceAll(/["\\]/g, String.raw`\$&`);
    writeFileSync(credentials, `machine localhost login ${login} password "${quoted}"\n`, { mode: 0o600 });
    writeFileSync(join(folder, ".mh_profile"), `Path: Mail\ncredentials: file:${credentials}\n`);
    mkdirSync(join(folder, "Mail", "inbox"), { recursive: true });
    const where = ["-host", "localhost", "-port", String(server.ports.pop3), "-user", login];
    const how = ["-sasl", "-saslmech", mechanism, "-snoop", "-notruncate"];
    const { stderr } = await runWell("/usr/bin/mh/inc", [...where, ...how], { env: { HOME: folder } });
    match(stderr, new RegExp(`=> AUTH ${mechanism}\\b`));
    match(readFileSync(join(folder, "Mail", "inbox", "1"), "utf8"), /Welcome\./);
  });
}

test("Net::POP3 logs in by APOP, and is refused with a wrong secret", async () => {
  const program = `
    use strict; use warnings; use Net::POP3;
    my ($port, $login, $secret) = @ARGV;
    my $pop = Net::POP3->new("localhost", Port => $port, Timeout => 20) or die "no greeting";
    my $count = $pop->apop($login, $secret);
    defined $count or die "no login: " . $pop->message;
    print $count + 0;
    $pop->quit;`;
  const visit = (secret: string) => ["-e", program, String(server.ports.pop3), login, secret];
  strictEqual((await runWell("perl", visit(password))).stdout.toString(), "1");
  match((await runProgram("perl", visit("wrong"))).stderr, /no login/);
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Login } from "@poplar/maildrop";
import { type Lab, startLab } from "./lab.ts";
import { poplar, succeed } from "./run-poplar.ts";

const ALICE = "alice@example.test";

async function labWithAlice(t: TestContext): Promise<Lab> {
  const lab = await startLab(t);
  await succeed(lab, ["domain", "add", "example.test"]);
  await succeed(lab, ["login", "add", ALICE, "--password-stdin"], "secret\n");
  return lab;
}

async function find(lab: Lab, name: string): Promise<Login> {
  const login = await lab.store.logins.findLogin(name);
  assert(login !== undefined && "credentials" in login, name);
  return login;
}

const kinds = ({ credentials }: Login): string[] =>
  credentials.map(({ kind, verifier }) => `${kind} ${verifier}`);

test("SDPS: a host, a view of it and its second password, as an operator types them", async (t) => {
  const lab = await startLab(t);
  const host = ["login", "add", "--host", "vision25.demon.test", "--password-stdin"];
  assert.match(await succeed(lab, host, "dial-up\n"), /takes mail for everybody at vision25\.demon\.test/);
  const john = "john@vision25.demon.test";
  assert.match(
    await succeed(lab, ["login", "add", john, "--host-view", "--password-stdin"], "own\n"),
    /sees the mail for john@vision25/,
  );
  await succeed(lab, ["login", "add", "--host-view", "mary@vision25.demon.test", "--no-password"]);
  const second = ["login", "set-password", "vision25.demon.test", "--second", "--password-stdin"];
  await succeed(lab, second, "pop3\n");
  const all = ["password hash of dial-up", "password hash of own", "password hash of pop3"];
  assert.deepEqual(kinds(await find(lab, john)), all);
  await succeed(lab, [...second, "--shared-secret"], "changed\n");
  const changed = kinds(await find(lab, john));
  assert(changed.includes("password hash of changed") && changed.includes("shared-secret sealed changed"));
  await succeed(lab, ["login", "remove-second-password", "vision25.demon.test"]);
  assert.deepEqual(kinds(await find(lab, "mary@vision25.demon.test")), ["password hash of dial-up"]);
  assert.match(await succeed(lab, ["login", "show", john]), /sees +mail for john/);
  const refused = await poplar(lab, ["login", "add", "bob@example.test", "--no-password"]);
  assert.deepEqual([refused.code, refused.err.includes("--host-view")], [2, true]);
});

test("a shared secret is kept when it is asked for, and as long as the password keeps changing", async (t) => {
  const lab = await labWithAlice(t);
  const change = ["login", "set-password", ALICE, "--password-stdin"];
  assert.deepEqual(kinds(await find(lab, ALICE)), ["password hash of secret"]);
  await succeed(lab, [...change, "--shared-secret"], "new\n");
  assert.deepEqual(kinds(await find(lab, ALICE)), ["password hash of new", "shared-secret sealed new"]);
  await succeed(lab, change, "newer\n");
  assert.deepEqual(kinds(await find(lab, ALICE)), ["password hash of newer", "shared-secret sealed newer"]);
});

test("an app password is shown once, listed without itself, and revoked", async (t) => {
  const lab = await labWithAlice(t);
  const add = ["login", "app-password", "add", ALICE, "--label", "phone", "--networks", "192.0.2.0/24"];
  assert.match(await succeed(lab, [...add, "--expires-in-days", "30"]), /password +abcd-efgh/);
  const again = await poplar(lab, add);
  assert.deepEqual([again.code, again.err], [1, "poplar: phone exists already.\n"]);
  const listed = await succeed(lab, ["login", "app-password", "list", ALICE]);
  assert.match(listed, /app-password +phone +192\.0\.2\.0\/24 /);
  assert.doesNotMatch(listed, /abcd|hash/);
  await succeed(lab, ["login", "app-password", "revoke", ALICE, "--label", "phone"]);
  assert.match(await succeed(lab, ["login", "app-password", "list", ALICE]), /has none/);
});

test("one-time codes are switched on and off", async (t) => {
  const lab = await labWithAlice(t);
  assert.match(await succeed(lab, ["login", "totp", "enroll", ALICE]), /otpauth:\/\/totp\//);
  assert(kinds(await find(lab, ALICE)).includes("totp sealed"));
  assert.equal((await poplar(lab, ["login", "totp", "enroll", ALICE])).code, 1);
  await succeed(lab, ["login", "totp", "disable", ALICE]);
  assert(!kinds(await find(lab, ALICE)).includes("totp sealed"));
});

test("principals, certificates and subjects are added, listed and removed", async (t) => {
  const lab = await labWithAlice(t);
  for (const [command, subject] of [
    ["principal", "alice@EXAMPLE.TEST"],
    ["certificate", "email:alice@example.test"],
    ["oauth-subject", "https://id.example.test 8c1f"],
  ] as const) {
    await succeed(lab, ["login", command, "add", ALICE, subject]);
    assert((await succeed(lab, ["login", command, "list", ALICE])).includes(subject));
    await succeed(lab, ["login", command, "remove", ALICE, subject]);
    assert.match(await succeed(lab, ["login", command, "list", ALICE]), /has none/);
    const wrong = await poplar(lab, ["login", command, "add", ALICE, "nonsense"]);
    assert.deepEqual([wrong.code, wrong.err.includes("subject must be")], [1, true]);
  }
});

test("a login is restricted and set free", async (t) => {
  const lab = await labWithAlice(t);
  await succeed(lab, ["login", "restrict", ALICE, "--mechanisms", "PLAIN,GSSAPI", "--require-tls"]);
  const { restrictions } = await find(lab, ALICE);
  assert.deepEqual(restrictions, { mechanisms: ["PLAIN", "GSSAPI"], requiresTls: true });
  const wrong = await poplar(lab, ["login", "restrict", ALICE, "--networks", "everywhere"]);
  assert.deepEqual([wrong.code, wrong.err.includes("networks such as")], [1, true]);
  await succeed(lab, ["login", "restrict", ALICE]);
  assert.deepEqual((await find(lab, ALICE)).restrictions, { requiresTls: false });
});

const PASSWD = `# a comment

bob:{SSHA}abc:1000:1000::/home/bob::userdb_quota_rule=*:storage=1G allow_nets=192.0.2.0/24
carol@other.test:{PLAIN}x
dave:!$6$locked
erin:{NOPE}x
frank
alice:{SSHA}y
grace:$6$salt$hash:19000:0:99999:7:::
`;

test("a user base is tried, taken over once, and what is wrong with it is told by line", async (t) => {
  const lab = await labWithAlice(t);
  const file = join(lab.dataDir, "passwd");
  writeFileSync(file, PASSWD);
  const command = ["login", "import", file, "--domain", "example.test"];
  const tried = await poplar(lab, [...command, "--dry-run"]);
  assert.match(tried.out, /^Would add 2 logins; 1 exist already, 4 lines are refused\./);
  assert.equal(await lab.store.logins.findLogin("bob@example.test"), undefined);
  const taken = await poplar(lab, command);
  assert.equal(taken.code, 1);
  assert.match(taken.out, /^Added 2 logins; 1 exist already, 4 lines are refused\./);
  assert.match(taken.err, /line 4 \(carol@other\.test\): There is no domain other\.test\./);
  assert.match(taken.err, /line 5 \(dave@example\.test\): nobody can log in with it/);
  assert.match(taken.err, /line 6 \(erin@example\.test\): its password cannot be taken over: unknown scheme/);
  assert.match(taken.err, /line 7: it has no password field/);
  const bob = await find(lab, "bob@example.test");
  assert.deepEqual(bob.restrictions, { networks: ["192.0.2.0/24"] });
  assert.match(await succeed(lab, ["login", "show", "bob@example.test"]), /quota +1\.0 GiB/);
  assert.deepEqual(kinds(await find(lab, "grace@example.test")), ["password $6$salt$hash"]);
  const again = await poplar(lab, ["--json", ...command]);
  assert.partialDeepStrictEqual(JSON.parse(again.out), { added: 0, exists: 3 });
  // The domain and everybody who was made find it in the audit; what was tried is no change.
  const audited = await succeed(lab, ["audit", "search", "--action", "import-logins"]);
  const about = [...audited.matchAll(/import-logins +done +(\S+) +api-token/g)].map(([, name]) => name);
  const counts = new Map(about.map((name) => [name, about.filter((other) => other === name).length]));
  assert.deepEqual(
    counts,
    new Map([
      ["example.test", 2],
      ["bob@example.test", 1],
      ["grace@example.test", 1],
    ]),
  );
});

test("the audit tells who changed what, and why somebody was not let in", async (t) => {
  const lab = await labWithAlice(t);
  lab.store.audit.record({
    at: new Date("2026-01-02T03:04:05Z"),
    action: "login",
    outcome: "second-factor-needed",
    subject: ALICE,
    mechanism: "USER",
    address: "192.0.2.1",
  });
  const all = await succeed(lab, ["audit", "search", "--login", ALICE]);
  assert.match(
    all,
    /2026-01-02 03:04:05 +login +second-factor-needed +alice@example\.test +USER +192\.0\.2\.1/,
  );
  assert.match(all, / add-login +done +alice@example\.test/);
  assert.doesNotMatch(await succeed(lab, ["audit", "search", "--action", "add-domain"]), /alice/);
  assert.match(await succeed(lab, ["audit", "search", "--until", "365000d"]), /Nothing of the kind/);
  assert.equal((await poplar(lab, ["audit", "search", "--since", "yesterday"])).code, 2);
});

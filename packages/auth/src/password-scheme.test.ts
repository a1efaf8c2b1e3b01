import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CryptUnavailable, loadCrypt } from "./crypt.ts";
import { hmacMd5From, hmacMd5State } from "./hmac-md5-state.ts";
import { hashPassword } from "./password-hash.ts";
import { readStoredPassword, SEALED_PASSWORD, UnreadableVerifier } from "./password-scheme.ts";
import { makeStoredScram } from "./scram-verifier.ts";
import { BOX, CHEAP } from "./test-fixture.ts";

const octets = (text: string): Uint8Array => Buffer.from(text);

/** Made by other people's programs: Perl's crypt, the test vectors of bcrypt and SHA-crypt, sha1sum. */
const FOREIGN: readonly (readonly [password: string, stored: string])[] = [
  ["password", "$1$xyz$cEUv8aN9ehjhMXG/kSFnM1"],
  ["Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
  [
    "Hello world!",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
  ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["U*U", "{BLF-CRYPT}$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="],
  ["password", "{PLAIN-MD5}5f4dcc3b5aa765d61d8327deb882cf99"],
  ["password", "{LDAP-MD5}X03MO1qnZdYdgyfeuILPmQ=="],
  ["password", "{SHA256.hex}5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"],
  ["pass:word{}", "{PLAIN}pass:word{}"],
];

for (const [password, stored] of FOREIGN) {
  test(`a password that others have stored as ${stored.slice(0, 24)} is found right, and another is not`, async () => {
    const read = readStoredPassword(stored);
    assert.equal(await read.matches(octets(password)), true);
    assert.equal(await read.matches(octets(`${password}x`)), false);
    assert.equal(await read.matches(octets("")), false);
  });
}

test("every scheme that libcrypt has is checked by it", async () => {
  const crypt = await loadCrypt();
  for (const setting of [
    "ab",
    "$1$salt$",
    "$5$salt$",
    "$6$salt$",
    "$2b$04$abcdefghijklmnopqrstuu",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$",
  ]) {
    const stored = await crypt.hash(octets("s3cret ü"), setting);
    assert.match(stored ?? "", /^.{13,}$/);
    assert.equal(await readStoredPassword(`{CRYPT}${stored}`).matches(octets("s3cret ü")), true, setting);
    assert.equal(await readStoredPassword(stored ?? "").matches(octets("s3cret u")), false, setting);
  }
});

test("salted digests and Dovecot's own schemes are read", async () => {
  const { createHash } = await import("node:crypto");
  const salted = (hash: string): string =>
    Buffer.concat([createHash(hash).update("secret").update("salt").digest(), octets("salt")]).toString(
      "base64",
    );
  // As long as a digest in hexadecimal would be.
  const eight = Buffer.concat([
    createHash("sha1").update("secret").update("saltsalt").digest(),
    octets("saltsalt"),
  ]);
  const stored = [
    `{SSHA}${eight.toString("base64")}`,
    `{SSHA.hex}${eight.toString("hex")}`,
    `{SSHA}${salted("sha1")}`,
    `{ssha256}${salted("sha256")}`,
    `{SSHA512.b64}${salted("sha512")}`,
    `{SMD5}${salted("md5")}`,
    await makeStoredScram("SCRAM-SHA-1", "secret"),
    await makeStoredScram("SCRAM-SHA-256", "secret"),
    `{CRAM-MD5}${Buffer.from(hmacMd5State(octets("secret"))).toString("hex")}`,
    `{ARGON2ID}${await hashPassword("secret", CHEAP)}`,
  ];
  for (const each of stored) {
    assert.equal(await readStoredPassword(each).matches(octets("secret")), true, each);
    assert.equal(await readStoredPassword(each).matches(octets("Secret")), false, each);
  }
  // RFC 6070 §2, the second vector.
  const pbkdf2 = readStoredPassword("{PBKDF2}$1$salt$2$ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
  assert.equal(await pbkdf2.matches(octets("password")), true);
  assert.equal(await pbkdf2.matches(octets("Password")), false);
});

test("what Dovecot stores for CRAM-MD5 answers as HMAC-MD5 with the password does (RFC 2104)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 300 }), (key, text) => {
      const expected = createHmac("md5", key).update(text).digest("hex");
      assert.equal(Buffer.from(hmacMd5From(hmacMd5State(key), text)).toString("hex"), expected);
    }),
  );
});

test("a sealed password is read with its key, and not without", async () => {
  const sealed = BOX.seal(SEALED_PASSWORD, "{PLAIN}secret");
  assert.equal(await readStoredPassword(sealed, { box: BOX }).matches(octets("secret")), true);
  assert.throws(() => readStoredPassword(sealed), UnreadableVerifier);
});

test("what locks an account, and what is in no known form, is read as nothing", () => {
  for (const stored of [
    "",
    "!",
    "*",
    "x",
    "!!",
    "*LK*",
    "!$6$salt$hash",
    "{NOPE}x",
    "{SSHA}x",
    "{CRAM-MD5}00",
    "secret",
  ]) {
    assert.throws(() => readStoredPassword(stored), UnreadableVerifier, stored);
  }
});

test("a hash that says of itself that it takes minutes, or gigabytes, is read as nothing", async () => {
  const argon2 = (cost: string): string => `$argon2id$v=19$${cost}$c2FsdHNhbHQ$${"a".repeat(43)}`;
  for (const costly of [
    argon2("m=4194304,t=1,p=1"),
    argon2("m=65536,t=1000,p=1"),
    argon2("m=8,t=4294967295,p=1"),
    "$argon2id$c2FsdHNhbHQ$YWJj",
    `$6$rounds=999999999$salt$${"a".repeat(86)}`,
    `{SHA256-CRYPT}$5$rounds=5000000$salt$${"a".repeat(43)}`,
    `{BLF-CRYPT}$2y$31$${"a".repeat(53)}`,
    `$y$jFT$salt$${"a".repeat(43)}`,
    `$y$jzzT$salt$${"a".repeat(43)}`,
    `$gy$jLT$salt$${"a".repeat(43)}`,
    `$7$KU..../....salt$${"a".repeat(43)}`,
    `$sha1$99999999$salt$${"a".repeat(28)}`,
    `{PBKDF2}$1$salt$9999999$${"a".repeat(40)}`,
  ]) {
    assert.throws(() => readStoredPassword(costly), UnreadableVerifier, costly);
  }
  const crypt = await loadCrypt();
  const settings = [
    "$6$rounds=6000$salt$",
    "$2y$05$abcdefghijklmnopqrstuu",
    "$7$9/..../....salt$",
    "$gy$j7/$salt$",
  ];
  for (const setting of [...settings, "$sha1$100$salt$"]) {
    const stored = (await crypt.hash(octets("secret"), setting)) ?? "";
    assert.equal(await readStoredPassword(stored).matches(octets("secret")), true, setting);
  }
});

test("a password with a NUL matches no hash of crypt(3), whose strings end there", async () => {
  const crypt = await loadCrypt();
  const stored = (await crypt.hash(octets("secret"), "$6$salt$")) ?? "";
  assert.equal(await readStoredPassword(stored).matches(octets("secret\0more")), false);
});

test("no stored text and no octets make it answer anything but yes, no, or that it cannot be read", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `{SSHA}${rest}`),
        fc.string().map((rest) => `{SCRAM-SHA-1}${rest}`),
      ),
      fc.uint8Array({ maxLength: 64 }),
      async (stored, password) => {
        try {
          assert.equal(typeof (await readStoredPassword(stored).matches(password)), "boolean");
        } catch (err) {
          assert(err instanceof UnreadableVerifier);
        }
      },
    ),
  );
});

test("a machine without libcrypt is told what is missing, once it is needed", async () => {
  const loading = async (): Promise<never> => {
    throw new CryptUnavailable("libcrypt.so.1 cannot be loaded");
  };
  const read = readStoredPassword("$1$xyz$cEUv8aN9ehjhMXG/kSFnM1", { loadCrypt: loading });
  await assert.rejects(async () => read.matches(octets("password")), CryptUnavailable);
});

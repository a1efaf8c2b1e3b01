import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type PopUrl, type PopUrlAuthentication, parsePopUrl } from "./pop-url.ts";

const label = fc.stringMatching(/^[a-z0-9]{1,10}$/);
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join(".")),
  fc.constantFrom("::1", "2001:db8::25", "192.0.2.1"),
);
const word = fc.stringMatching(/^[A-Z0-9][A-Z0-9_-]{0,19}$/);
const authentication: fc.Arbitrary<PopUrlAuthentication | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ way: "any" as const }),
  word.map((mechanism) => ({ way: "sasl" as const, mechanism })),
  word.map((command) => ({ way: "command" as const, command })),
);
const name = fc.option(fc.string({ minLength: 1, unit: "grapheme" }), { nil: undefined });

test("a URL that is printed and parsed is the same (RFC 2384 §8)", () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  fc.assert(
    fc.property(host, port, name, authentication, (...[theHost, thePort, theName, how]) => {
      const url: PopUrl = { host: theHost, port: thePort, name: theName, authentication: how };
      assert.deepEqual(parsePopUrl(printed(url)), url);
      assert.match(printed(url), /^[\x21-\x7e]+$/);
    }),
  );
});

test("parsing never throws, and what it takes can be written as a URL that it takes again", () => {
  const pieces = fc.constantFrom(
    "pop://",
    "@",
    ";AUTH=",
    "%",
    "%C3",
    "*",
    "+",
    ":",
    "[",
    "]",
    "/",
    "a",
    "110",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((all) => all.join("")),
      ),
      (text) => {
        const url = parsePopUrl(text);
        if (typeof url !== "string") assert.deepEqual(parsePopUrl(printed(url)), url);
      },
    ),
  );
});

test("the examples of RFC 2384 §7 are understood", () => {
  assert.deepEqual(parsePopUrl("pop://rg@mailsrv.qualcomm.com"), {
    host: "mailsrv.qualcomm.com",
    port: 110,
    name: "rg",
    authentication: undefined,
  });
  assert.deepEqual(parsePopUrl("pop://rg;AUTH=+APOP@mail.eudora.com:8110"), {
    host: "mail.eudora.com",
    port: 8110,
    name: "rg",
    authentication: { way: "command", command: "APOP" },
  });
  assert.deepEqual(parsePopUrl("pop://baz;AUTH=SCRAM-MD5@foo.bar"), {
    host: "foo.bar",
    port: 110,
    name: "baz",
    authentication: { way: "sasl", mechanism: "SCRAM-MD5" },
  });
});

test("a name may be left out where a mechanism has one (RFC 2384 §4)", () => {
  const url = parsePopUrl("POP://;auth=*@Example.Test/");
  assert.deepEqual(url, {
    host: "Example.Test",
    port: 110,
    name: undefined,
    authentication: { way: "any" },
  });
});

test("what is no POP URL, or holds a password, is told by its first flaw (RFC 2384 §3)", () => {
  const flaws = {
    "imap://host": "scheme",
    "pop:host": "scheme",
    "pop://alice:secret@host": "password",
    "pop://@host": "name",
    "pop://a b@host": "name",
    "pop://a%ff@host": "name",
    "pop://a%2@host": "name",
    "pop://alice;AUTH=@host": "authentication",
    "pop://alice;AUTH=+@host": "authentication",
    "pop://alice;AUTH=A;AUTH=B@host": "authentication",
    "pop://": "host",
    "pop://alice@": "host",
    "pop://-host": "host",
    "pop://[host]": "host",
    "pop://host:0": "port",
    "pop://host:65536": "port",
    "pop://host:11O": "port",
    "pop://host/inbox": "path",
    "pop://host//": "path",
  };
  for (const [text, flaw] of Object.entries(flaws)) assert.equal(parsePopUrl(text), flaw, text);
});

test("a name with an @ is read from its escape, and an IPv6 address from its brackets (RFC 2384 §3)", () => {
  const url = parsePopUrl("pop://alice%40example.test@[::1]:1110");
  assert.ok(typeof url !== "string");
  assert.equal(url.name, "alice@example.test");
  assert.equal(url.host, "::1");
  assert.equal(url.port, 1110);
});

/** The URL that stands for this, with the port that everybody expects left out. RFC 2384 §8. */
function printed({ host: place, port, name: who, authentication: how }: PopUrl): string {
  const auth = how === undefined ? "" : `;AUTH=${authOf(how)}`;
  const prefix = `${who === undefined ? "" : encodeURIComponent(who)}${auth}`;
  const at = `${place.includes(":") ? `[${place}]` : place}${port === 110 ? "" : `:${port}`}`;
  return `pop://${prefix === "" ? "" : `${prefix}@`}${at}`;
}

function authOf(how: PopUrlAuthentication): string {
  if (how.way === "any") return "*";
  return how.way === "sasl" ? how.mechanism : `+${how.command}`;
}

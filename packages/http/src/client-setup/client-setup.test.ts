import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { autoconfigDocument } from "./autoconfig.ts";
import { autodiscoverDocument, autodiscoverRefusal, readAutodiscoverRequest } from "./autodiscover.ts";
import { type PublicServices, setupOf } from "./client-services.ts";
import { mobileconfigDocument } from "./mobileconfig.ts";
import { element, elementWith, xmlDocument } from "./xml.ts";

const services: PublicServices = {
  providerName: undefined,
  popHost: undefined,
  pop3Port: 110,
  pop3sPort: 995,
  submissionHost: "smtp.example.test",
  submissionPort: 465,
};

const readTexts = `
import json, sys, xml.dom.minidom as dom
def text(document):
    root = dom.parseString(document.encode()).documentElement
    return ["".join(node.data for node in root.childNodes), root.getAttribute("of"), len(root.attributes)]
json.dump([text(document) for document in json.load(sys.stdin)], sys.stdout)
`;

const strangeCharacters = Array.from("<>&\"'/!-[]; \t\r\n\0\u0085\ufffe\ud800aé🌳");

test("whatever text goes in, a parser of others reads the same text, and nothing but text", () => {
  const seed = Date.now();
  const strange = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...strangeCharacters), maxLength: 40 }),
  );
  const texts = fc.sample(strange, { numRuns: 500, seed });
  const documents = texts.map((text) => xmlDocument(elementWith("a", { of: text }, text)));
  const output = execFileSync("python3", ["-c", readTexts], { input: JSON.stringify(documents) });
  // What XML 1.0 §2.2 cannot say is replaced.
  const readable = texts.map((text) =>
    // oxlint-disable-next-line no-control-regex -- these are meant
    text.toWellFormed().replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd"),
  );
  const expected = readable.map((text) => [text, text, 1]);
  assert.deepEqual(JSON.parse(output.toString()), expected, `seed ${seed}`);
});

test("elements lie within each other, text is escaped once", () => {
  assert.equal(element("a", element("b", "x & y"), 1).xml, "<a><b>x &amp; y</b>1</a>");
});

test("what is not told follows from the domain, and a port that is 0 is not offered", () => {
  const { providerName, pop } = setupOf({ ...services, pop3Port: 0 }, "example.test");
  assert.equal(providerName, "example.test");
  assert.deepEqual(pop, [{ host: "pop.example.test", port: 995, tls: "implicit" }]);
});

test("TLS from the start is offered before STLS (RFC 8314 §3)", () => {
  const document = autoconfigDocument(setupOf(services, "example.test"));
  assert.ok(document.indexOf("<port>995</port>") < document.indexOf("<port>110</port>"));
  assert.match(document, /<outgoingServer type="smtp"><hostname>smtp\.example\.test/);
  const silent = autoconfigDocument(setupOf({ ...services, submissionHost: undefined }, "example.test"));
  assert.doesNotMatch(silent, /outgoingServer/);
});

test("a profile is a property list that Python's reader takes, with an address or without", () => {
  const setup = setupOf({ ...services, providerName: `R&D <"mail">` }, "example.test");
  const read = `
import json, plistlib, sys
print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))`;
  for (const address of [undefined, `o'brien&co@example.test`]) {
    const input = mobileconfigDocument(setup, address);
    const profile: unknown = JSON.parse(execFileSync("python3", ["-c", read], { input }).toString());
    assert.ok(typeof profile === "object" && profile !== null && "PayloadContent" in profile);
    const { PayloadContent: accounts } = profile;
    assert.ok(Array.isArray(accounts));
    const account: unknown = accounts[0];
    assert.ok(typeof account === "object" && account !== null && "IncomingMailServerPortNumber" in account);
    assert.equal(account.IncomingMailServerPortNumber, 995);
    assert.equal("EmailAddress" in account ? account.EmailAddress : undefined, address);
    assert.equal("EmailAccountDescription" in account && account.EmailAccountDescription, `R&D <"mail">`);
    assert.equal(mobileconfigDocument(setup, address), input, "and it is the same the next time");
  }
});

test("Outlook's question is read with whatever prefix, and only that of Outlook is answered", () => {
  const asked = (schema: string): string =>
    `<?xml version="1.0"?><a:Autodiscover xmlns:a="x"><a:Request><a:EMailAddress>o&apos;b@example.test</a:EMailAddress>` +
    `<a:AcceptableResponseSchema>${schema}</a:AcceptableResponseSchema></a:Request></a:Autodiscover>`;
  const outlook = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
  assert.deepEqual(readAutodiscoverRequest(asked(outlook)), {
    address: "o'b@example.test",
    isForOutlook: true,
  });
  assert.equal(readAutodiscoverRequest(asked("mobilesync"))?.isForOutlook, false);
  assert.match(autodiscoverRefusal("no-such-schema"), /<ErrorCode>601</);
  assert.match(autodiscoverDocument(setupOf(services, "example.test")), /<Type>POP3<\/Type>.*<Port>995</);
});

test("no request takes longer than its length to read", () => {
  const before = process.cpuUsage();
  for (const piece of ["<EMailAddress>", "<a:", "<EMailAddress>a", "&amp;"]) {
    readAutodiscoverRequest(piece.repeat(8192 / piece.length));
    fc.assert(
      fc.property(fc.string(), (noise) => {
        readAutodiscoverRequest(noise);
      }),
    );
  }
  assert.ok(process.cpuUsage(before).user < 2_000_000);
});

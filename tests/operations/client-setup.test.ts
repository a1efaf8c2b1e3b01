import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Lab, startLab } from "./lab.ts";

async function labWithAlice(t: TestContext): Promise<Lab> {
  const lab = await startLab(t);
  await lab.store.registry.addDomain("example.test");
  await lab.store.registry.addLogin({
    name: "alice@example.test",
    passwordVerifier: "hash",
    quotaOctets: undefined,
  });
  return lab;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

async function get(lab: Lab, path: string): Promise<Answer> {
  const response = await fetch(`${lab.http.url}${path}`);
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    text: await response.text(),
  };
}

async function discover(lab: Lab, address: string, schema = "outlook/responseschema/2006a"): Promise<Answer> {
  const body =
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>' +
    `<EMailAddress>${address}</EMailAddress>` +
    `<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/${schema}</AcceptableResponseSchema>` +
    "</Request></Autodiscover>";
  const response = await fetch(`${lab.http.url}/autodiscover/autodiscover.xml`, {
    method: "POST",
    headers: { "content-type": "text/xml" },
    body,
  });
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    text: await response.text(),
  };
}

const thunderbirdPaths = [
  "/mail/config-v1.1.xml?emailaddress=NAME%40example.test",
  "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=NAME%40example.test",
];

test("Thunderbird is told where its mail is, without a token", async (t) => {
  const lab = await labWithAlice(t);
  for (const path of thunderbirdPaths) {
    const { status, type, text } = await get(lab, path.replace("NAME", "alice"));
    assert.equal(status, 200);
    assert.match(type, /^text\/xml/);
    assert.match(text, /<hostname>pop\.example\.test<\/hostname><port>995<\/port><socketType>SSL/);
  }
});

test("whether a name exists cannot be learned: the answers are the same, octet for octet", async (t) => {
  const lab = await labWithAlice(t);
  for (const path of thunderbirdPaths) {
    const [alice, nobody] = await Promise.all(
      ["alice", "nobody"].map((name) => get(lab, path.replace("NAME", name))),
    );
    assert.deepEqual(nobody, alice);
  }
  assert.deepEqual(await discover(lab, "nobody@example.test"), await discover(lab, "alice@example.test"));
  const [alice, nobody] = await Promise.all(
    ["alice", "zelda"].map((name) =>
      get(lab, `/mail/poplar.mobileconfig?emailaddress=${name}%40example.test`),
    ),
  );
  const anonymous = (answer: Answer | undefined): string =>
    answer?.text.replaceAll(/alice|zelda/g, "NAME").replaceAll(/<string>[0-9a-f-]{36}</g, "<string>UUID<") ??
    "";
  assert.equal(anonymous(nobody), anonymous(alice));
});

test("of other domains nothing is told, and nothing that is no address does harm", async (t) => {
  const lab = await labWithAlice(t);
  const strange = [
    "bob@other.test",
    "",
    "@",
    "a@",
    "<a>@example.test'",
    "a b@example.test",
    `a@${"x".repeat(300)}`,
  ];
  for (const address of strange) {
    const { status, text } = await get(
      lab,
      `/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`,
    );
    assert.equal(status, 404, address);
    assert.match(text, /"code":"not-found"/);
  }
  const twice = await get(lab, "/mail/config-v1.1.xml?emailaddress=a%40example.test&emailaddress=b");
  assert.equal(twice.status, 404);
  const { text } = await discover(lab, "bob@other.test");
  assert.match(text, /<ErrorCode>500</);
});

test("an address with signs of XML in it comes back as text", async (t) => {
  const lab = await labWithAlice(t);
  const address = encodeURIComponent("</string><key>x&y@example.test");
  const { status, text } = await get(lab, `/mail/poplar.mobileconfig?emailaddress=${address}`);
  assert.equal(status, 200);
  assert.ok(text.includes("<string>&lt;/string&gt;&lt;key&gt;x&amp;y@example.test</string>"));
});

test("Outlook is answered in its schema, ActiveSync is told that there is none", async (t) => {
  const lab = await labWithAlice(t);
  const { status, text } = await discover(lab, "alice@EXAMPLE.test");
  assert.equal(status, 200);
  assert.match(text, /<Type>POP3<\/Type><Server>pop\.example\.test<\/Server><Port>995<\/Port><SSL>on</);
  assert.match((await discover(lab, "alice@example.test", "mobilesync/responseschema/2006")).text, />601</);
});

test("a request that is too long, or none at all, is turned away", async (t) => {
  const lab = await labWithAlice(t);
  const long = await discover(lab, `${"a".repeat(10_000)}@example.test`);
  assert.equal(long.status, 413);
  const empty = await fetch(`${lab.http.url}/autodiscover/autodiscover.xml`, { method: "POST" });
  assert.match(await empty.text(), /<ErrorCode>500</);
});

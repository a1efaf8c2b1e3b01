import assert from "node:assert/strict";
import { test } from "node:test";
import { type DomainRecord, type DomainServices, domainRecords } from "./domain-records.ts";
import { isOperationFault } from "./operation-fault.ts";

const usual: DomainServices = { domain: "example.test", pop3Port: 110, pop3sPort: 995, mxHosts: [] };

function recordsOf(services: DomainServices): readonly DomainRecord[] {
  const records = domainRecords(services);
  assert.ok(!isOperationFault(records));
  return records;
}

const valueOf = (records: readonly DomainRecord[], name: string): string | undefined =>
  records.find((record) => record.name === name)?.value;

test("POP3 over TLS is preferred to POP3 with STLS (RFC 8314 §5.1)", () => {
  const records = recordsOf({ ...usual, popHost: "mail.example.test" });
  assert.equal(valueOf(records, "_pop3s._tcp.example.test."), "0 1 995 mail.example.test.");
  assert.equal(valueOf(records, "_pop3._tcp.example.test."), "10 1 110 mail.example.test.");
});

test("what is not offered has a target of a single dot (RFC 6186 §3.4)", () => {
  const records = recordsOf({ ...usual, pop3Port: 0 });
  assert.equal(valueOf(records, "_pop3._tcp.example.test."), "0 0 0 .");
  assert.equal(valueOf(records, "_imap._tcp.example.test."), "0 0 0 .");
});

test("mail servers are listed in the order of preference, and only when they are named", () => {
  const records = recordsOf({ ...usual, mxHosts: ["mx1.example.test", "mx2.example.test."] });
  const mx = records.filter(({ type }) => type === "MX").map(({ value }) => value);
  assert.deepEqual(mx, ["10 mx1.example.test.", "20 mx2.example.test."]);
  assert.ok(recordsOf(usual).every(({ type, name }) => type !== "MX" && !name.startsWith("_submission")));
});

test("a zone has the names of other scripts in ASCII", () => {
  const records = recordsOf({ ...usual, domain: "Bücher.example" });
  assert.equal(valueOf(records, "_pop3s._tcp.xn--bcher-kva.example."), "0 1 995 pop.xn--bcher-kva.example.");
});

test("what is no domain is refused by its name", () => {
  for (const wrong of ["example test", "localhost", "a..b", "x\n1 MX evil.", ""]) {
    const records = domainRecords({ ...usual, mxHosts: [wrong] });
    assert.ok(isOperationFault(records), JSON.stringify(wrong));
    assert.ok(records.message.startsWith(wrong));
  }
});

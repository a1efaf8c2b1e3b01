import assert from "node:assert/strict";
import { test } from "node:test";
import { LOGIN } from "@poplar/testkit";
import { Lab } from "../server/lab.ts";
import { run } from "./run-poplar.ts";

const urlOf = (lab: Lab, authentication = ""): string =>
  `pop://${encodeURIComponent(LOGIN.name)}${authentication}@127.0.0.1:${lab.port("pop3")}`;

interface Step {
  readonly step: string;
  readonly ms: number;
  readonly octets: number | null;
}

test("poplar fetch goes through a session, times each step and deletes nothing (RFC 2384 §3)", async () => {
  await using lab = await Lab.start();
  lab.store.deliver("Subject: 1\n\n.dot\n", "Subject: 2\n\nbody\n");
  const args = ["fetch", urlOf(lab), "--tls", "none", "--password-stdin", "--json"];
  const { code, out, err } = await run({ args, input: LOGIN.password });
  assert.deepEqual([code, err], [0, ""]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command promises
  const steps = JSON.parse(out) as readonly Step[];
  assert.deepEqual(
    steps.map(({ step }) => step),
    ["connect", "greeting", "CAPA", "login", "STAT", "UIDL", "LIST", "RETR 1", "RETR 2", "QUIT"],
  );
  assert.equal(steps.find(({ step }) => step === "RETR 1")?.octets, 20);
  assert.ok(steps.every(({ ms }) => ms >= 0));
  assert.equal(lab.store.messages.length, 2);
});

test("poplar fetch prints a message as it was, over STLS, by the mechanism of the URL (RFC 2384 §4)", async () => {
  await using lab = await Lab.start();
  lab.authenticator.offered = ["PLAIN"];
  lab.store.deliver("Subject: 1\n\n.dot\n");
  const args = ["fetch", urlOf(lab, ";AUTH=PLAIN"), "--insecure", "--password-stdin", "--print"];
  const { code, out, err } = await run({ args, input: LOGIN.password });
  assert.deepEqual([code, err, out], [0, "", "Subject: 1\r\n\r\n.dot\r\n"]);
});

test("poplar fetch says what the server said, what is wrong with a URL, and who does not answer", async () => {
  await using lab = await Lab.start();
  const fetch = async (url: string, input: string) =>
    run({ args: ["fetch", url, "--tls", "none", "--password-stdin"], input });
  const refused = await fetch(urlOf(lab), "wrong");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /-ERR \[AUTH\] /);
  const wrong = await fetch("pop://alice:secret@127.0.0.1", "x");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /holds a password/);
  const url = urlOf(lab);
  await lab.server.close();
  const silent = await fetch(url, "x");
  assert.equal(silent.code, 3);
});

test("poplar fetch does not believe a certificate that nobody vouches for, unless told to", async () => {
  await using lab = await Lab.start();
  const { code, err } = await run({ args: ["fetch", urlOf(lab), "--password-stdin"], input: LOGIN.password });
  assert.equal(code, 3);
  assert.match(err, /certificate/);
});

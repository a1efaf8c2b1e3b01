import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { until } from "@poplar/testkit";
import { password } from "../fixtures/standalone.ts";
import { agree, assertFits, ConsoleLab, goTo, narrow } from "./console-lab.ts";

let lab: ConsoleLab;
before(async () => {
  lab = await ConsoleLab.start();
});
after(async () => lab?.[Symbol.asyncDispose]());
// A page that works and complains is wrong all the same.
afterEach(() => deepEqual(lab.complaints.splice(0), []));

test("the server says where its console is when it starts", async () => {
  await until("the welcome text", () => lab.server.process.output.includes("Ctrl-C"));
  match(lab.server.process.output, new RegExp(`^ +Console ${lab.origin}/console/$`, "m"));
});

test("an operator sees a live session and ends it: the POP client is cut off, and nothing is deleted", async () => {
  const login = await lab.server.addLogin("seen");
  await lab.server.deliver(Buffer.from("Subject: kept\r\n\r\nHello.\r\n"), login);
  using client = await lab.server.logIn(login);
  match(await client.ask("DELE 1"), /^\+OK/);
  const page = await lab.openAsOperator();
  await goTo(page, "Sessions");
  const row = page.getByRole("row", { name: login });
  match(await row.innerText(), /127\.0\.0\.1\s+pop3 no TLS\s+USER/);
  await row.getByRole("button", { name: "End" }).click();
  await agree(page, "End the session");
  doesNotMatch(await client.rest(), /\+OK/);
  await page.getByText("The session was ended.").waitFor();
  await row.waitFor({ state: "detached" });
  using again = await lab.server.logIn(login);
  match(await again.ask("STAT"), /^\+OK 1 /);
});

test("a lease is broken once that is confirmed, and not before", async () => {
  const login = await lab.server.addLogin("held");
  using client = await lab.server.logIn(login);
  const page = await lab.openAsOperator();
  await goTo(page, "Leases");
  await goTo(page, login);
  const breakIt = page.getByRole("button", { name: "Break the lease" });
  await breakIt.click();
  await agree(page, "Cancel");
  match(await client.ask("NOOP"), /^\+OK/);
  await breakIt.click();
  await agree(page, "Break the lease");
  await page.getByText("Nobody has it open.").waitFor();
  // The session learns of it with its next look at the lease; the maildrop is free at once.
  using next = await lab.server.logIn(login);
  match(await next.ask("NOOP"), /^\+OK/);
});

test("a login is added, found by how it begins, disabled, and let in again", async () => {
  await lab.server.addLogin("somebody-else");
  const page = await lab.openAsOperator();
  await goTo(page, "Logins");
  await page.getByLabel("Address").fill("new@example.test");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("new@example.test was added.").waitFor();
  await page.getByLabel("Begins with").fill("new@");
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByRole("link", { name: "somebody-else@example.test" }).waitFor({ state: "detached" });
  await goTo(page, "new@example.test");
  await page.getByRole("button", { name: "Disable" }).click();
  await agree(page, "Disable");
  await page.getByText("disabled", { exact: true }).waitFor();
  await rejects(lab.server.logIn("new@example.test"), /-ERR \[AUTH\]/);
  await page.getByRole("button", { name: "Enable" }).click();
  await page.getByText("open", { exact: true }).waitFor();
  using client = await lab.server.logIn("new@example.test");
  match(await client.ask("STAT"), /^\+OK 0 /);
});

test("a domain is added, and what to publish for it is shown with the ports of this server", async () => {
  const page = await lab.openAsOperator();
  await goTo(page, "Domains");
  await page.getByLabel("Domain").fill("shown.test");
  await page.getByRole("button", { name: "Add" }).click();
  await goTo(page, "shown.test");
  await page.getByText(`0 1 ${lab.server.ports.pop3s} pop.shown.test.`).waitFor();
});

test("a deleted message is restored by an operator, and the audit says so", async () => {
  const login = await lab.server.addLogin("restored");
  await hideDeleted(login);
  await lab.server.deliver(Buffer.from("Subject: gone\r\n\r\nHello.\r\n"), login);
  await deleteAll(login);
  const page = await lab.openAsOperator();
  await goTo(page, "Maildrops");
  await goTo(page, login);
  await page.getByText("There is no mail.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("No deleted mail is kept.").waitFor();
  await goTo(page, "Login");
  await page.getByRole("main").getByRole("link", { name: "Audit" }).click();
  const row = page.getByRole("row", { name: "restore-messages" });
  match(await row.innerText(), /done\s+restored@example\.test\s+api-token/);
});

test("graphs follow what this server counts", async () => {
  const login = await lab.server.addLogin("counted");
  using client = await lab.server.logIn(login);
  match(await client.ask("NOOP"), /^\+OK/);
  const page = await lab.openAsOperator();
  await page.getByRole("img", { name: /^Sessions: [1-9]\d* open now/ }).waitFor();
  for (const title of ["Logins", "Refusals", "Deliveries"]) {
    await page.getByRole("img", { name: new RegExp(`^${title}: `) }).waitFor();
  }
});

test("a token for one domain is offered what it may do, and that domain alone", async () => {
  await lab.server.addLogin("theirs", "theirs.test");
  await lab.server.addLogin("ours", "ours.test");
  const made = await lab.server.call("POST", "/tokens", {
    label: "postmaster",
    role: "domain",
    domain: "ours.test",
  });
  ok(typeof made === "object" && made !== null && "token" in made);
  const page = await lab.openAsOperator({}, String(made.token));
  const offered = await page.getByRole("navigation").getByRole("link").allInnerTexts();
  deepEqual(offered, ["Sessions", "Leases", "Logins", "Maildrops", "Domains", "Audit"]);
  await goTo(page, "Logins");
  await page.getByRole("link", { name: "ours@ours.test" }).waitFor();
  equal(await page.getByText("theirs.test").count(), 0);
});

test("on a narrow screen no page is wider than it, and the keyboard alone opens the console", async () => {
  const login = await lab.server.addLogin("a-login-with-a-rather-long-name-for-a-small-screen");
  await lab.server.deliver(Buffer.from("Subject: small\r\n\r\nHello.\r\n"), login);
  const page = await lab.open({ ...narrow, colorScheme: "dark" });
  await page.getByLabel("Token").focus();
  await page.keyboard.insertText(lab.platformToken);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const paths = ["overview", "sessions", "logins", "maildrops", "domains", "tokens", "audit"];
  const named = ["leases", "logins", "maildrops"].map((path) => `${path}/${login}`);
  await assertFits(page, [...paths, ...named]);
});

test("markup that is injected and images of somebody else are refused by the policy of the page", async () => {
  const page = await lab.openAsOperator();
  await rejects(page.evaluate("document.body.innerHTML = '<b>injected</b>'"), /TrustedHTML/);
  const refused = await page.evaluate(`new Promise((tell) => {
    addEventListener("securitypolicyviolation", ({ effectiveDirective }) => tell(effectiveDirective));
    new Image().src = "http://192.0.2.1/pixel.png";
  })`);
  equal(refused, "img-src");
  for (const complaint of lab.complaints.splice(0))
    match(complaint, /Content Security Policy|TrustedHTML|asks for http:..192/);
});

test("a server that does not answer is told in a sentence, and shown again once it does", async () => {
  const page = await lab.openAsOperator();
  const problem = page.getByText("The server does not answer.");
  await goTo(page, "Sessions");
  await page.getByText("This list follows by itself.").waitFor();
  await page.context().setOffline(true);
  await problem.waitFor();
  await page.context().setOffline(false);
  await problem.waitFor({ state: "detached" });
  await page.context().setOffline(true);
  await goTo(page, "Domains");
  await problem.waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "example.test", exact: true }).waitFor();
  for (const complaint of lab.complaints.splice(0)) match(complaint, /ERR_INTERNET_DISCONNECTED/);
});

test("a token that opens nothing is told so in a sentence", async () => {
  const page = await lab.open();
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Open the console" }).click();
  await page.getByText("This token opens nothing here").waitFor();
  // The browser's own line about the answer.
  match(String(lab.complaints.pop()), /status of 401/);
});

async function hideDeleted(login: string): Promise<void> {
  await lab.server.call("PUT", `/logins/${login}/mail-policy`, { deletion: "hide", undoDays: 7 });
}

async function deleteAll(login: string): Promise<void> {
  using client = await lab.server.logIn(login);
  match(await client.ask("DELE 1"), /^\+OK/);
  match(await client.ask("QUIT"), /^\+OK/);
}

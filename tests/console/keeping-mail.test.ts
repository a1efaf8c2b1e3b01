import { deepEqual, equal, match } from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { agree, assertFits, ConsoleLab, goTo, narrow } from "./console-lab.ts";

let lab: ConsoleLab;
before(async () => {
  lab = await ConsoleLab.start();
});
after(async () => lab?.[Symbol.asyncDispose]());
afterEach(() => deepEqual(lab.complaints.splice(0), []));

test("the fleet's policy is chosen, holds for a login without a choice, and is taken back", async () => {
  const login = await lab.server.addLogin("follows");
  const page = await lab.openAsOperator();
  await goTo(page, "Mail policy");
  await page.getByText("for ever", { exact: true }).waitFor();
  await page.getByLabel("Seconds between logins").fill("3");
  await page.getByLabel("Deleting").selectOption("can be undone");
  await page.getByLabel("Undo for days").fill("7");
  await page.getByRole("button", { name: "Set this policy" }).click();
  await page.getByText("The policy was set.").waitFor();
  await page.getByText("can be undone for 7 days").waitFor();
  const holds = { loginDelaySeconds: 3, deletion: { way: "hide", days: 7 } };
  deepEqual(await lab.server.call("GET", "/mail-policy"), holds);
  deepEqual(await lab.server.call("GET", `/logins/${login}/mail-policy`), holds);
  equal(await page.getByLabel("Seconds between logins").inputValue(), "3");
  await page.getByRole("button", { name: "Choose nothing here" }).click();
  await agree(page, "Choose nothing");
  await page.getByText("Nothing is chosen here any more.").waitFor();
  deepEqual(await lab.server.call("GET", "/mail-policy"), {});
});

test("a policy by which mail goes for good is set once that is confirmed, and not before", async () => {
  await lab.server.addLogin("alice", "kept.test");
  const page = await lab.openAsOperator();
  await goTo(page, "Domains");
  await goTo(page, "kept.test");
  await page.getByLabel("Keep mail for days").fill("30");
  await page.getByRole("button", { name: "Set this policy" }).click();
  await page.getByText("Mail that has been there for 30 days is removed for good.").waitFor();
  await agree(page, "Cancel");
  deepEqual(await lab.server.call("GET", "/domains/kept.test/mail-policy"), {});
  await page.getByRole("button", { name: "Set this policy" }).click();
  await agree(page, "Set it");
  await page.getByText("for 30 days", { exact: true }).waitFor();
  deepEqual(await lab.server.call("GET", "/domains/kept.test/mail-policy"), { retentionDays: 30 });
  // To keep it for longer loses nothing, and is not asked for twice.
  await page.getByLabel("Keep mail for days").fill("60");
  await page.getByRole("button", { name: "Set this policy" }).click();
  await page.getByText("for 60 days", { exact: true }).waitFor();
});

test("a login's policy is set on its page, and POP does what it says; its owner reads it and changes nothing", async () => {
  const login = await lab.server.addLogin("chosen");
  for (const subject of ["one", "two", "three"]) {
    await lab.server.deliver(Buffer.from(`Subject: ${subject}\r\n\r\nHello.\r\n`), login);
  }
  const page = await lab.openAsOperator();
  await goTo(page, "Logins");
  await goTo(page, login);
  await page.getByRole("combobox", { name: "Show", exact: true }).selectOption("the newest …");
  await page.getByRole("button", { name: "Set this policy" }).click();
  // A number that is missing is not taken for none.
  await page.getByRole("alert").getByText("must be a whole number of messages").waitFor();
  match(String(lab.complaints.pop()), /status of 400/);
  await page.getByLabel("How many of these").fill("2");
  await page.getByRole("button", { name: "Set this policy" }).click();
  await page.getByText("the newest 2", { exact: true }).waitFor();
  using client = await lab.server.logIn(login);
  match(await client.ask("STAT"), /^\+OK 2 /);

  const own = await lab.openAsOwner(login);
  await own.getByText("the newest 2", { exact: true }).waitFor();
  equal(await own.getByRole("button", { name: "Set this policy" }).count(), 0);
  equal(await own.getByRole("button", { name: "Choose nothing here" }).count(), 0);
});

test("a quota is set and taken away on the page of a maildrop; what is no quota is told so", async () => {
  const login = await lab.server.addLogin("limited");
  const page = await lab.openAsOperator();
  await goTo(page, "Maildrops");
  await goTo(page, login);
  const quota = page.getByLabel("Quota");
  const set = page.getByRole("button", { name: "Set the quota" });
  await quota.fill("plenty");
  await set.click();
  await page.getByText("Give octets, such as 500M or 2G.").waitFor();
  await quota.fill("1K");
  await set.click();
  await page.getByText("1 KiB", { exact: true }).waitFor();
  equal(Reflect.get(Object(await lab.server.call("GET", `/maildrops/${login}`)), "quotaOctets"), 1024);
  equal(await quota.inputValue(), "1K");
  await page.getByLabel("File").setInputFiles({
    name: "large.eml",
    mimeType: "message/rfc822",
    buffer: Buffer.from(`Subject: large\r\n\r\n${"x".repeat(72)}\r\n`.repeat(30)),
  });
  await page.getByRole("button", { name: "Deliver", exact: true }).click();
  await page
    .getByRole("alert")
    .getByText(/quota|full/)
    .waitFor();
  match(String(lab.complaints.pop()), /status of 507/);
  await quota.fill("");
  await set.click();
  await page.getByText("none", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Deliver", exact: true }).click();
  await page.getByText("The message was delivered.").waitFor();
});

test("a test message is delivered by one button, and POP has it as it has all mail", async () => {
  const login = await lab.server.addLogin("tried");
  const page = await lab.openAsOperator();
  await goTo(page, "Maildrops");
  await goTo(page, login);
  await page.getByRole("button", { name: "Deliver a test message" }).click();
  await page.getByText("A test message was delivered.").waitFor();
  match(await page.getByRole("row", { name: login }).innerText(), /<>\s+tried@example\.test/);
  using client = await lab.server.logIn(login);
  match(await client.ask("RETR 1"), /^\+OK/);
  const lines: string[] = [];
  for (let line = await client.line(); line !== "."; line = await client.line()) lines.push(line);
  match(
    lines.join("\n"),
    /^To: <tried@example\.test>\nSubject: Test message\nMessage-ID: <\d+@example\.test>$/m,
  );
});

test("on a narrow screen policies and quotas are no wider than it, and every field has a name", async () => {
  const login = await lab.server.addLogin("small");
  await lab.server.call("PUT", `/logins/${login}/mail-policy`, { deletion: "hide", undoDays: 365 });
  const page = await lab.openAsOperator(narrow);
  const paths = ["policy", "domains/example.test", `logins/${login}`, `maildrops/${login}`];
  await assertFits(page, paths);
  for (const path of paths) {
    await page.goto(`${lab.origin}/console/#/${path}`);
    await page.getByRole("main").getByRole("textbox").first().waitFor();
    const nameless = `[...document.querySelectorAll("main input:not([hidden]), main select")]
      .filter((field) => (field.labels?.[0]?.innerText ?? "") === "").length`;
    equal(await page.evaluate(nameless), 0, path);
  }
});

import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { withRedis } from "@poplar/lease/testing";
import { withPostgres } from "@poplar/storage/testing";
import { freePorts } from "@poplar/testkit";
import { startFleetApp } from "../fixtures/fleet-app.ts";
import { LabClient } from "../server/lab-client.ts";
import { agree, buildConsole, ConsoleBrowser, goTo } from "./console-lab.ts";

test("in a fleet the app api serves the console, front ends do not, and it ends sessions of theirs", async (t) => {
  buildConsole();
  const [redis, postgres] = await Promise.all([withRedis(t), withPostgres(t)]);
  const engines = [`--postgres-url=${postgres.url}`, `--redis-url=${redis.url}`];
  const [port = 0] = await freePorts(1);
  const api = await startFleetApp(t, "api", engines);
  const pop3 = await startFleetApp(t, "pop3", [...engines, `--pop3-port=${port}`, "--allow-plaintext-login"]);
  equal((await fetch(`${pop3.url}/console/`)).status, 404);

  await using browser = await ConsoleBrowser.launch(api.url);
  const page = await browser.openWith(api.token());
  await page.getByText("It serves no mail clients itself.").waitFor();
  await goTo(page, "Domains");
  await page.getByLabel("Domain").fill("fleet.test");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("link", { name: "fleet.test" }).waitFor();
  await goTo(page, "Logins");
  await page.getByLabel("Address").fill("alice@fleet.test");
  await page.getByLabel("Password").fill("a secret");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("alice@fleet.test was added.").waitFor();

  using client = await LabClient.connect(port);
  await client.line();
  await client.logIn("alice@fleet.test", "a secret");
  await goTo(page, "Sessions");
  const row = page.getByRole("row", { name: "alice@fleet.test" });
  await row.getByRole("button", { name: "End" }).click();
  await agree(page, "End the session");
  await page.getByText("The session was ended.").waitFor();
  match(await client.line(), /^-ERR \[SYS\/TEMP\]/);
  deepEqual(browser.complaints, []);
});

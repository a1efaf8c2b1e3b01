import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "playwright-core";
import { agree, assertFits, ConsoleLab, goTo, narrow } from "./console-lab.ts";

let lab: ConsoleLab;
before(async () => {
  lab = await ConsoleLab.start();
});
after(async () => lab?.[Symbol.asyncDispose]());
afterEach(() => deepEqual(lab.complaints.splice(0), []));

/** The pages that a visitor is offered, by name. */
const offeredTo = async (page: Page): Promise<readonly string[]> =>
  page.getByRole("navigation").getByRole("link").allInnerTexts();

async function tokenOf(scope: object): Promise<string> {
  const made = await lab.server.call("POST", "/tokens", scope);
  ok(typeof made === "object" && made !== null && "token" in made);
  return String(made.token);
}

test("a tenant is added, given a domain once that is confirmed, and removed when it has none", async () => {
  await lab.server.addLogin("alice", "given.test");
  const page = await lab.openAsOperator();
  await goTo(page, "Tenants");
  await page.getByLabel("Tenant").fill("acme");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("acme was added.").waitFor();
  await goTo(page, "acme");
  await page.getByText("There are no domains yet.").waitFor();
  await page.getByLabel("Domain").fill("given.test");
  await page.getByRole("button", { name: "Give", exact: true }).click();
  await agree(page, "Cancel");
  deepEqual(await lab.server.call("GET", "/tenants/acme"), { name: "acme", domains: 0 });
  await page.getByRole("button", { name: "Give", exact: true }).click();
  await agree(page, "Give it away");
  const row = page.getByRole("row", { name: "given.test" });
  match(await row.innerText(), /given\.test\s+acme\s+1/);
  deepEqual(await lab.server.call("GET", "/tenants/acme"), { name: "acme", domains: 1 });

  await page.getByRole("button", { name: "Remove" }).click();
  await agree(page, "Remove");
  await page.getByRole("alert").getByText("acme").waitFor();
  match(String(lab.complaints.pop()), /status of 409/);
  await lab.server.call("PUT", "/domains/given.test/tenant", { tenant: "default" });
  await page.getByRole("button", { name: "Remove" }).click();
  await agree(page, "Remove");
  await page.getByRole("heading", { name: "Tenants" }).waitFor();
  await page.getByRole("link", { name: "default", exact: true }).waitFor();
  equal(await page.getByRole("link", { name: "acme", exact: true }).count(), 0);
});

test("a domain is added for a tenant, and leads to it", async () => {
  await lab.server.call("POST", "/tenants", { name: "lodger" });
  const page = await lab.openAsOperator();
  await goTo(page, "Domains");
  await page.getByLabel("Domain").fill("lodger.test");
  await page.getByLabel("Tenant").fill("lodger");
  await page.getByRole("button", { name: "Add" }).click();
  await goTo(page, "lodger");
  await page.getByRole("heading", { name: "lodger", exact: true }).waitFor();
  await page.getByRole("link", { name: "lodger.test" }).waitFor();
});

test("a tenant that is not there is told so, and not shown as one without domains", async () => {
  const page = await lab.openAsOperator();
  await page.goto(`${lab.origin}/console/#/tenants/nobody`);
  await page.getByRole("alert").getByText("nobody").waitFor();
  equal(await page.getByText("There are no domains yet.").count(), 0);
  match(String(lab.complaints.pop()), /status of 404/);
});

test("the token of a tenant is offered its domains and what they choose, and neither tenants nor the fleet", async () => {
  await lab.server.call("POST", "/tenants", { name: "guest" });
  await lab.server.call("POST", "/domains", { name: "guest.test", tenant: "guest" });
  const token = await tokenOf({ label: "guest", role: "tenant", tenant: "guest" });
  const page = await lab.openAsOperator({}, token);
  deepEqual(await offeredTo(page), [
    "Sessions",
    "Leases",
    "Logins",
    "Maildrops",
    "Domains",
    "Tokens",
    "Audit",
  ]);
  await goTo(page, "Domains");
  const row = page.getByRole("row", { name: "guest.test" });
  match(await row.innerText(), /guest\.test\s+guest\s+0/);
  equal(await row.getByRole("link").count(), 1);
  equal(await page.getByLabel("Tenant").count(), 0);
  await goTo(page, "guest.test");
  await page.getByRole("button", { name: "Set this policy" }).waitFor();
  await page.goto(`${lab.origin}/console/#/tenants`);
  await page.getByRole("heading", { name: "Sessions" }).waitFor();
});

test("on a narrow screen the pages of tenants are no wider than it", async () => {
  const tenant = "a-tenant-with-a-rather-long-name-for-a-small-screen";
  await lab.server.call("POST", "/tenants", { name: tenant });
  await lab.server.call("POST", "/domains", { name: "small.test", tenant });
  const page = await lab.openAsOperator(narrow);
  await assertFits(page, ["tenants", `tenants/${tenant}`, "domains/small.test"]);
});

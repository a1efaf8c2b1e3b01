import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "playwright-core";
import decodeQr from "qr/decode.js";
import { oneTimeCode } from "../fixtures/one-time-code.ts";
import { agree, assertFits, ConsoleLab, goTo, narrow } from "./console-lab.ts";

let lab: ConsoleLab;
before(async () => {
  lab = await ConsoleLab.start();
});
after(async () => lab?.[Symbol.asyncDispose]());
afterEach(() => deepEqual(lab.complaints.splice(0), []));

test("an owner makes an app password, a device comes in with it, and no more once it is revoked", async () => {
  const login = await lab.server.addLogin("devices");
  const page = await lab.openAsOwner(login);
  await goTo(page, "Passwords");
  await page.getByLabel("App password for").fill("phone");
  await page.getByRole("button", { name: "Make an app password" }).click();
  const secret = await page.getByRole("status").locator("output").innerText();
  using device = await lab.server.connect();
  await device.logIn(login, secret);
  match(await device.ask("QUIT"), /^\+OK/);
  await page.getByRole("button", { name: "I have it" }).click();
  equal(await page.getByText(secret).count(), 0);
  await page.getByRole("button", { name: "Revoke" }).click();
  await agree(page, "Revoke");
  await page.getByText("The app password was revoked.").waitFor();
  using refused = await lab.server.connect();
  await rejects(refused.logIn(login, secret), /-ERR \[AUTH\]/);
});

test("one-time codes: the QR code says what the app needs, and the password alone opens nothing then", async () => {
  const login = await lab.server.addLogin("codes");
  const page = await lab.openAsOwner(login);
  await goTo(page, "One-time codes");
  await page.getByRole("button", { name: "Switch on" }).click();
  const secret = await page.locator("output").innerText();
  const uri = new URL(await readQr(page));
  deepEqual([uri.protocol, uri.host, uri.searchParams.get("secret")], ["otpauth:", "totp", secret]);
  await page.getByLabel("Code that the app shows").fill(oneTimeCode(secret));
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByText("One-time codes are on.").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await lab.logIn(page, login);
  await page.getByText("The name, the password or the one-time code is not right").waitFor();
  match(String(lab.complaints.pop()), /status of 401/);
  // The code that switched them on is used up.
  await lab.logIn(page, login, oneTimeCode(secret, 1));
  await page.getByRole("heading", { name: "My mail" }).waitFor();
});

test("undo brings a deleted message back to POP, under its old unique-id", async () => {
  const login = await lab.server.addLogin("undo");
  await lab.server.call("PUT", `/logins/${login}/mail-policy`, { deletion: "hide", undoDays: 7 });
  await lab.server.deliver(Buffer.from("Subject: dear\r\n\r\nHello.\r\n"), login);
  const uniqueId = await deleteFirst(login);
  const page = await lab.openAsOwner(login);
  await goTo(page, "Deleted mail");
  match(await page.getByRole("row", { name: uniqueId }).innerText(), /undo@example\.test/);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("No deleted mail is kept.").waitFor();
  using client = await lab.server.logIn(login);
  equal(await client.ask("UIDL 1"), `+OK 1 ${uniqueId}`);
});

test("an owner releases the lock: the device that hangs is cut off, and another opens the mail", async () => {
  const login = await lab.server.addLogin("locked");
  using hangs = await lab.server.logIn(login);
  await rejects(lab.server.logIn(login), /\[IN-USE\]/);
  const page = await lab.openAsOwner(login);
  await page.getByRole("button", { name: "Release my lock" }).click();
  await agree(page, "Release my lock");
  await page.getByText("No device is connected: your mail is free.").waitFor();
  await hangs.rest();
  using other = await lab.server.logIn(login);
  match(await other.ask("NOOP"), /^\+OK/);
});

test("an owner is offered no page of operators, whatever the address says, and the API refuses", async () => {
  const login = await lab.server.addLogin("curious");
  const page = await lab.openAsOwner(login);
  const offered = await page.getByRole("navigation").getByRole("link").allInnerTexts();
  deepEqual(offered, ["My mail", "Passwords", "One-time codes", "Deleted mail", "Activity"]);
  await page.goto(`${lab.origin}/console/#/logins/${login}`);
  await page.getByRole("heading", { name: "My mail" }).waitFor();
  const token = await tokenIn(page);
  for (const path of ["logins", "leases/curious@example.test", "domains", "statistics", "tokens"]) {
    equal(await statusOf(path, token), 403, path);
  }
});

test("who logs out leaves nothing behind: the token is nowhere, and worth nothing", async () => {
  const login = await lab.server.addLogin("leaves");
  const page = await lab.openAsOwner(login);
  const token = await tokenIn(page);
  equal(await statusOf("me", token), 200);
  equal(await page.evaluate("localStorage.length"), 0);
  equal(page.url().includes(token), false);
  await page.reload();
  await page.getByRole("heading", { name: "My mail" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  equal(await tokenIn(page), "null");
  equal(await statusOf("me", token), 401);
});

test("a visit that the server has ended leads back to the door, with a sentence", async () => {
  const login = await lab.server.addLogin("ended");
  const page = await lab.openAsOwner(login);
  await lab.server.call("POST", `/logins/${login}/disable`);
  await goTo(page, "Activity");
  await page.getByText("Your visit has ended.").waitFor();
  for (const complaint of lab.complaints.splice(0)) match(complaint, /status of 401/);
});

test("on a narrow screen no page of an owner is wider than it", async () => {
  const login = await lab.server.addLogin("an-owner-with-a-rather-long-name-and-a-small-screen");
  const page = await lab.openAsOwner(login, narrow);
  await assertFits(page, ["mail", "passwords", "deleted", "activity", "codes"]);
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("img", { name: "QR code" }).waitFor();
  equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
});

const tokenIn = async (page: Page): Promise<string> =>
  String(await page.evaluate("sessionStorage.getItem('poplar-token')"));

async function statusOf(path: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${lab.origin}/v1/${path}`, { headers });
  return status;
}

/** What a camera reads. The code is one path of squares: each becomes a block of dots. */
async function readQr(page: Page): Promise<string> {
  const path = (await page.locator(".qr path").getAttribute("d")) ?? "";
  const box = (await page.locator(".qr").getAttribute("viewBox")) ?? "";
  const modules = Number(box.split(" ").at(-1));
  const scale = 6;
  const size = modules * scale;
  const data = new Uint8Array(size * size * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g)) {
    for (let row = 0; row < scale; row += 1) {
      const start = ((Number(y) * scale + row) * size + Number(x) * scale) * 4;
      for (let column = 0; column < scale; column += 1)
        data.fill(0, start + column * 4, start + column * 4 + 3);
    }
  }
  return decodeQr({ width: size, height: size, data });
}

/** Deletes the only message. @returns its unique-id. */
async function deleteFirst(login: string): Promise<string> {
  using client = await lab.server.logIn(login);
  const uniqueId = (await client.ask("UIDL 1")).split(" ").at(-1) ?? "";
  match(await client.ask("DELE 1"), /^\+OK/);
  match(await client.ask("QUIT"), /^\+OK/);
  return uniqueId;
}

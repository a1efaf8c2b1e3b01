import { equal } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { apiFiles } from "@poplar/config";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { password, Standalone } from "../fixtures/standalone.ts";

/** That of the system, as tools/system-packages.json has it. */
const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Long, as the machine may be busy with other tests; nothing waits for it but a test that fails. */
const waitMsMax = 30_000;

/** A real browser before the console of some server. */
export class ConsoleBrowser implements AsyncDisposable {
  /** Of the server, without a path. */
  readonly origin: string;
  /** What pages have complained about: errors, refusals of the policy, requests to somebody else. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(origin: string, browser: Browser) {
    this.origin = origin;
    this.#browser = browser;
  }

  /** Servers read the console when they start: build it before that. */
  static async launch(origin: string): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(origin, await chromium.launch({ executablePath, args: flags }));
  }

  /** A page at the door, in a browser that has never been here. */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext(options);
    context.setDefaultTimeout(waitMsMax);
    const page = await context.newPage();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (err) => this.complaints.push(String(err)));
    page.on("request", (request) => {
      if (!request.url().startsWith(`${this.origin}/`)) this.complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(`${this.origin}/console/`);
    return page;
  }

  /** Shows a token at the door. */
  async openWith(token: string, options?: BrowserContextOptions): Promise<Page> {
    const page = await this.open(options);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Open the console" }).click();
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Makes what servers serve below `/console/`, from the sources as they are. */
export function buildConsole(): void {
  execFileSync(process.execPath, [resolve(import.meta.dirname, "../../tools/build-console.mjs")]);
}

/** The whole server with its console, and a real browser that goes through it. */
export class ConsoleLab implements AsyncDisposable {
  readonly server: Standalone;
  readonly #browser: ConsoleBrowser;

  private constructor(server: Standalone, browser: ConsoleBrowser) {
    this.server = server;
    this.#browser = browser;
  }

  static async start(): Promise<ConsoleLab> {
    buildConsole();
    const server = await Standalone.start();
    return new ConsoleLab(server, await ConsoleBrowser.launch(`http://127.0.0.1:${server.ports.http}`));
  }

  get origin(): string {
    return this.#browser.origin;
  }

  /** What pages have complained about. */
  get complaints(): string[] {
    return this.#browser.complaints;
  }

  /** The token of whoever runs the server. */
  get platformToken(): string {
    return readFileSync(apiFiles(this.server.dataDir).token, "utf8").trim();
  }

  /** A page at the door, in a browser that has never been here. */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    return this.#browser.open(options);
  }

  /** Shows a token at the door. */
  async openAsOperator(options?: BrowserContextOptions, token: string = this.platformToken): Promise<Page> {
    return this.#browser.openWith(token, options);
  }

  /** Logs in at the door as the owner of a login. */
  async openAsOwner(login: string, options?: BrowserContextOptions): Promise<Page> {
    const page = await this.open(options);
    await this.logIn(page, login);
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    return page;
  }

  async logIn(page: Page, login: string, code = ""): Promise<void> {
    await page.getByLabel("Address").fill(login);
    await page.getByLabel("Password").fill(password);
    await page.getByLabel("One-time code").fill(code);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** On the smallest telephone that people still have. */
export const narrow: BrowserContextOptions = { viewport: { width: 360, height: 740 } };

/** Is each of these pages as wide as the screen, and no wider? */
export async function assertFits(page: Page, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await page.goto(new URL(`#/${path}`, page.url()).href);
    await page.getByText("Loading …").first().waitFor({ state: "detached" });
    equal(await page.evaluate("document.documentElement.scrollWidth"), 360, path);
  }
}

/** Goes to a page by its name. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name, exact: true }).click();
}

/** Says yes to what is asked first. */
export async function agree(page: Page, action: string): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: action }).click();
}

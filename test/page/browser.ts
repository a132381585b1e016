import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";

const CACHE = join(import.meta.dirname, "../../.cache/page");
export const SCREENSHOTS = join(CACHE, "screenshots");

/** What the tests use of playwright-core's page. */
export interface Page {
  goto(url: string): Promise<unknown>;
  /** Runs in the page. */
  evaluate<Result>(script: string): Promise<Result>;
  waitForSelector(selector: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  screenshot(options: { readonly path: string }): Promise<unknown>;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
}

interface Context {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launchPersistentContext(folder: string, options: object): Promise<Context>;
  };
}

export interface Look {
  readonly width: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  /** What is there once the page can be looked at. Default: the emulator's page is connected. */
  readonly ready?: string;
}

/** A page of a browser of its own; ended with the test, which fails on what the page reports. */
export async function openPage(
  url: string,
  { width, height = 860, colorScheme = "light", ready = "#state.live" }: Look,
) {
  const { chromium } = createRequire(join(CACHE, "package.json"))("playwright-core") as Playwright;
  const folder = mkdtempSync(join(tmpdir(), "chromium-"));
  mkdirSync(SCREENSHOTS, { recursive: true });
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: (process.env.PATH ?? "")
      .split(delimiter)
      .map((place) => join(place, "chromium"))
      .find(existsSync),
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
    viewport: { width, height },
    colorScheme,
  });
  onTestFinished(async () => {
    await context.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on("console", (message) => {
    if (/error|warning/.test(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(url);
  await page.waitForSelector(ready);
  return { page, complaints, asked };
}

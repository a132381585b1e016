import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPage, SCREENSHOTS } from "./browser.ts";

const site = join(import.meta.dirname, "../../site");
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

// From a server, as it will be read: from files a browser shows it without its icons.
const server = createServer(async ({ url = "/" }, response) => {
  const path = normalize(decodeURIComponent(new URL(url, "http://site").pathname));
  try {
    const body = await readFile(join(site, path));
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
  }
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => void server.close());
const addressOf = (page: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${page}`;

const PAGES = [
  "index.html",
  "documents/Tools.html",
  "documents/The_command.html",
  "documents/Behind_a_company_s_proxy.html",
  "modules/codex-wire.html",
  "modules.html",
  "classes/codex-wire.CodexApi.html",
  "interfaces/codex-wire.ProviderConfig.html",
];

// `npm run docs` builds it.
describe.skipIf(!existsSync(join(site, "index.html")))("the site of guide and reference", () => {
  test.each(PAGES.flatMap((path) => [400, 1400].map((width) => [path, width] as const)))(
    "%s has its heading and never scrolls sideways at %i pixels",
    async (path, width) => {
      const { page, complaints } = await openPage(addressOf(path), { width, ready: ".col-content" });
      expect(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      const headings =
        "[...document.querySelectorAll('.col-content h1')].filter((each) => each.offsetHeight > 0).length";
      expect(await page.evaluate<number>(headings)).toBe(1);
      expect(complaints).toEqual([]);
      await page.screenshot({ path: join(SCREENSHOTS, `site-${path.replace(/\W+/g, "-")}-${width}.png`) });
    },
  );

  test("finds words of the guide and names of the reference", async () => {
    const { page } = await openPage(addressOf("index.html"), { width: 400, ready: ".col-content" });
    await page.click("#tsd-search-trigger");
    await page.waitForSelector("#tsd-search-input:focus");
    await page.keyboard.type("maxRetries");
    await page.waitForSelector("#tsd-search-results a");
    const found = await page.evaluate<string>("document.querySelector('#tsd-search-results').textContent");
    expect(found).toContain("RetryPolicy");
    expect(found).toContain("Errors and retries");
  });
});

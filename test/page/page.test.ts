// The emulator's page in a browser, while streams pass over both carriers.
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { answer, toolCalls } from "../../src/emulator/index.ts";
import { emulator, RawSocket, send } from "../wire/emulator/raw-client.ts";
import { openPage, type Page, SCREENSHOTS } from "./browser.ts";

const KEY = "token-of-nobody";
const HEADERS = { authorization: `Bearer ${KEY}` };
const POEM =
  "The wire is thin, the stream is long, and every event that comes along is kept in order, on its way, and shown to you in light of day.";

/** Streams, a tool loop over a WebSocket with lanes, refusals and a cut. */
async function traffic() {
  const server = await emulator({
    pace: { tokensPerSecond: 60, firstTokenMs: 250 },
    scenario: {
      rules: [
        {
          when: { text: "flaky" },
          reply: { status: 429, headers: { "retry-after": "2" }, body: { error: { message: "Slow down." } } },
        },
        { when: { text: "cut" }, reply: answer(POEM, { terminateAfterEvents: 12 }) },
        { when: { toolOutput: true }, reply: answer("It is 18 degrees in Paris.") },
        { when: { text: "weather" }, reply: toolCalls([{ name: "get_weather", arguments: { city: "Paris" } }]) },
        { when: { text: "poem" }, reply: answer(POEM, { reasoning: "A poem is wanted." }) },
      ],
    },
  });
  const ask = (input: unknown) =>
    send(`${server.url}/responses`, { headers: HEADERS, body: { model: "gpt-5.5", stream: true, input } });
  const pass = async (): Promise<void> => {
    await send(`${server.url}/models`, { headers: HEADERS });
    await ask("flaky");
    await ask("please be cut");
    const socket = new RawSocket(server.url, { headers: HEADERS });
    await socket.opened();
    const tools = [{ type: "function", name: "get_weather", parameters: { type: "object", properties: {} } }];
    const first = (await socket.response({ input: "What is the weather in Paris?", tools })).at(-1) as unknown as {
      response: { id: string; output: { call_id: string }[] };
    };
    const output = { type: "function_call_output", call_id: first.response.output[0]?.call_id, output: "18 degrees" };
    await socket.response({ input: [output], previous_response_id: first.response.id, tools });
    socket.create({ input: "poem", stream_id: "research" });
    socket.create({ input: "count to 8", stream_id: "notes" });
    await socket.untilEnd();
    await socket.untilEnd();
    await ask("a poem, please");
  };
  return { server, ask, pass };
}

const text = (page: Page, selector: string) =>
  page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`);
/** By asking from outside: the page's policy lets nothing be evaluated inside of it. */
const until = (page: Page, condition: string) =>
  vi.waitFor(async () => expect(await page.evaluate(`Boolean(${condition})`)).toBe(true), {
    timeout: 10_000,
    interval: 20,
  });
const rows = (page: Page) =>
  page.evaluate<string[]>(`Array.from(document.querySelectorAll(".row:not([hidden])"), (row) => row.textContent)`);

describe("the page", () => {
  it("shows requests and streams of both carriers as they pass, errors, increments and lanes", async () => {
    const { server, pass, ask } = await traffic();
    const { page, complaints, asked } = await openPage(server.pageUrl, { width: 1400 });
    await page.waitForSelector("#empty:not([hidden])");
    await pass();
    await until(page, `document.querySelectorAll(".row").length === 9`);
    const shown = await rows(page);
    expect(shown[0]).toContain("GET /v1/models");
    expect(shown[1]).toContain("429");
    expect(shown[2]).toContain("cut");
    expect(shown[3]).toContain("WS /v1/responses");
    expect(shown[5]).toMatch(/\+1.*18 degrees/);
    expect(shown[6]).toContain("lane research");
    expect(shown[7]).toContain("lane notes");
    expect(await page.evaluate(`document.querySelectorAll(".row.bad").length`)).toBe(2);
    expect(await page.evaluate(`document.querySelectorAll(".badge.increment").length`)).toBe(1);
    expect(await text(page, "#facts")).toMatch(/first token2\d\d ms.*deltas\/s/);
    await page.screenshot({ path: join(SCREENSHOTS, "page-1400-light.png") });
    const live = ask("a poem that comes while it is watched");
    await until(
      page,
      `document.querySelector(".row.chosen .status.open") && Number(document.querySelector("#event-count").textContent) > 10`,
    );
    await live;
    expect(complaints).toEqual([]);
    expect(asked.every((url) => url.startsWith(server.origin) || url.startsWith("data:"))).toBe(true);
    expect(await page.evaluate<string>("document.documentElement.outerHTML")).not.toContain(KEY);
  });

  it("is used by the keyboard alone: choose, read, search, copy, turn dark", async () => {
    const { server, pass } = await traffic();
    await pass();
    const { page } = await openPage(server.pageUrl, { width: 1400, colorScheme: "dark" });
    await until(page, `document.querySelectorAll(".row").length === 9`);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press("g", "j");
    expect(await text(page, ".row.chosen")).toContain("429");
    await press("G", "Enter", "j", "j", "ArrowDown");
    expect(await text(page, ".event.chosen .type")).toMatch(/^response\./);
    expect(await text(page, "#event")).toContain('"sequence_number": 3');
    await page.screenshot({ path: join(SCREENSHOTS, "page-1400-dark.png") });
    await press("3");
    expect(await text(page, "#content")).toContain("authorization: [removed]");
    await press("2");
    expect(await text(page, "#content")).toBe(POEM);
    await press("1", "/");
    await page.keyboard.type("degrees");
    await until(page, `document.querySelectorAll(".row:not([hidden])").length < 9`);
    expect((await rows(page)).length).toBeGreaterThan(0);
    expect(await page.evaluate(`document.querySelectorAll(".event.hit").length`)).toBeGreaterThan(0);
    await press("Escape");
    expect(await rows(page)).toHaveLength(9);
    await page.evaluate("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }");
    await press("g", "j", "c");
    await until(page, "globalThis.copied");
    const copied = await page.evaluate<string>("globalThis.copied");
    expect(copied).toContain(`'${server.url}/responses'`);
    expect(copied).toContain("Bearer $OPENAI_API_KEY");
    await press("t");
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("light");
    await press("?");
    await page.waitForSelector("dialog[open]");
    await press("Escape");
    await until(page, `!document.querySelector("dialog[open]")`);
  });

  it("fits a telephone", async () => {
    const { server, pass } = await traffic();
    await pass();
    const { page } = await openPage(server.pageUrl, { width: 400, height: 800 });
    await until(page, `document.querySelectorAll(".row").length === 9`);
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(overflow)).toBe(0);
    await page.screenshot({ path: join(SCREENSHOTS, "page-400-list.png") });
    await page.click(".row:last-child");
    await page.waitForSelector("#detail:not([hidden]) .event");
    expect(await page.evaluate(overflow)).toBe(0);
    await page.screenshot({ path: join(SCREENSHOTS, "page-400-events.png") });
    await page.click("#back");
    await page.waitForSelector(".row.chosen");
  });

  it("lays ten thousand events out within a second, and scrolls through them", async () => {
    const events = Array.from({ length: 10_000 }, (_, index) => ({
      type: "response.output_text.delta",
      delta: `word ${index} `,
    }));
    const server = await emulator({ script: [{ events: [...events, { type: "response.completed", response: {} }] }] });
    await send(`${server.url}/responses`, { body: { model: "gpt-5.5", input: "a", stream: true } });
    const { page } = await openPage(server.pageUrl, { width: 1400 });
    await until(page, `document.querySelector("#event-count").textContent === "10002"`);
    const layoutMs = await page.evaluate<number>(`(() => {
      const began = performance.now();
      document.querySelector("#tab-text").click();
      document.querySelector("#tab-events").click();
      document.querySelector("#events").getBoundingClientRect();
      return performance.now() - began;
    })()`);
    expect(layoutMs).toBeLessThan(1000);
    const inDocument = `document.querySelectorAll(".event").length`;
    expect(await page.evaluate(inDocument)).toBeLessThan(200);
    await page.keyboard.press("Enter");
    await page.keyboard.press("G");
    await until(page, `document.querySelector(".event.chosen .type")?.textContent === "end"`);
    expect(await page.evaluate(inDocument)).toBeLessThan(200);
    const loaded = await page.evaluate<number>(`performance.now()`);
    expect(loaded).toBeLessThan(15_000);
  });
});

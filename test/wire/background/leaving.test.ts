import { describe, expect, it } from "vitest";
import { functionTool, type ResponseEvent } from "../../../src/index.ts";
import { asked, ofResponse, read, type Stage, stage } from "./support.ts";

const SLOW = { pace: { delayMsPerWord: 10 } } as const;
/** So long at that pace that nothing but a cancellation ends it within a test. */
const ENDLESS = "count to 10000";

/** Reads up to the third piece of text and leaves. */
async function leave(
  { api }: Stage,
  options: Parameters<Stage["api"]["responses"]["stream"]>[1] = {},
  prompt = "count to 20",
) {
  const stream = await api.responses.stream(asked(prompt), options);
  let pieces = 0;
  for await (const event of stream) {
    if (event.type === "output_text.delta") pieces += 1;
    if (pieces === 3) break;
  }
  const position = stream.position;
  if (position === undefined) throw new Error("no position");
  return position;
}

describe("leaving a background response", () => {
  // parity: background/leaving-goes-on
  it("lets it go on, to be taken up by whoever has the position", async () => {
    const staged = await stage(SLOW);
    const position = JSON.parse(JSON.stringify(await leave(staged)));
    expect(position).toMatchObject({ after: expect.any(Number), finished: [] });
    expect(position.underWay["0/text/0"]).toBeGreaterThan(3);
    const rest = await read(await staged.api.responses.resume(position.responseId, { after: position }));
    const whole = ofResponse(await read(await staged.api.responses.resume(position.responseId)));
    expect(ofResponse(rest)).toEqual(whole.slice(whole.length - ofResponse(rest).length));
    const text = (events: typeof whole) => events.map((event) => ("delta" in event ? event.delta : "")).join("");
    expect(text(whole)).toMatch(/^1, 2, .*20$/);
    expect(text(ofResponse(rest)).length).toBe(text(whole).length - (position.underWay["0/text/0"] ?? 0));
    expect(staged.generations()).toBe(1);
  });

  it("goes on from a position where the service does not stream any more, with nothing twice", async () => {
    const staged = await stage({ ...SLOW, backgroundStreamableMs: 0 });
    const position = await leave(staged);
    const stream = await staged.api.responses.resume(position.responseId, { after: position });
    const { text, status } = await stream.collect();
    const whole = (await staged.api.responses.retrieve(position.responseId)).text;
    expect(status).toBe("completed");
    expect(whole.slice(position.underWay["0/text/0"])).toBe(text);
  });

  it.each([
    ["streams", {}],
    ["is polled", { backgroundStreamableMs: 0 }],
  ])("goes on behind any of its events where it %s, with no item and no word twice", async (_, options) => {
    const steps = {
      reasoning: "two parts",
      answer: "and a text",
      toolCalls: [{ name: "look", arguments: { at: "the sky" } }],
    };
    const { api } = await stage({ script: ({ method }) => (method === "POST" ? steps : undefined), ...options });
    const request = { ...asked("x"), tools: [functionTool({ name: "look", parameters: { type: "object" } })] };
    const told = (events: readonly ResponseEvent[]) => ({
      items: events.filter(({ type }) => type === "output_item.done"),
      words: events.map((event) => ("delta" in event ? event.delta : "")).join(""),
      ends: events.filter(({ type }) => type === "completed").length,
    });
    const started = await api.responses.stream(request);
    const whole = await read(started);
    expect(told(whole)).toMatchObject({ items: { length: 3 }, ends: 1 });
    const { responseId } = started.position ?? { responseId: "" };
    const all = await read(await api.responses.resume(responseId));
    for (let left = 1; left < all.length; left += 1) {
      const stream = await api.responses.resume(responseId);
      const before: ResponseEvent[] = [];
      for await (const event of stream) if (before.push(event) === left) break;
      const rest = await read(await api.responses.resume(responseId, { after: stream.position }));
      expect(told([...before, ...rest]), `left after ${before.at(-1)?.type}`).toEqual(told(whole));
    }
  });

  it("goes on behind any event of a rest that it had to ask for, also where it can stream again", async () => {
    let refuses = true;
    const steps = { reasoning: "two parts", answer: "and a text of some words" };
    const { api } = await stage({
      script: ({ method, path }) => {
        if (method === "POST") return steps;
        return refuses && path.includes("stream=true") ? { status: 400, body: {} } : undefined;
      },
    });
    const { responseId } = (await api.responses.create(asked("x"))) as { readonly responseId: string };
    refuses = false;
    const all = await read(await api.responses.resume(responseId));
    const told = (events: readonly ResponseEvent[]) => [
      events.filter(({ type }) => type === "output_item.done"),
      events.map((event) => ("delta" in event ? event.delta : "")).join(""),
      events.filter(({ type }) => type === "completed").length,
    ];
    for (const first of [2, 5, 8, 11]) {
      for (let left = 1; ; left += 1) {
        const before: ResponseEvent[] = [];
        refuses = false;
        const streamed = await api.responses.resume(responseId);
        for await (const event of streamed) if (before.push(event) === first) break;
        refuses = true;
        const polled = await api.responses.resume(responseId, { after: streamed.position });
        let count = 0;
        for await (const event of polled) {
          before.push(event);
          count += 1;
          if (count === left) break;
        }
        if (count < left) break;
        if (before.at(-1)?.type === "completed") continue;
        refuses = false;
        const rest = await read(await api.responses.resume(responseId, { after: polled.position }));
        expect(told([...before, ...rest]), `left after ${first} and ${left} events`).toEqual(told(all));
      }
    }
  });

  it("is asked for where its events had no numbers: a stream would bring again what was read", async () => {
    const item = (id: string) => ({ type: "message", id, role: "assistant", content: [] });
    const { api, emulator } = await stage({
      script: [{ status: 200, body: { id: "resp_1", status: "completed", output: [item("m1"), item("m2")] } }],
    });
    const after = { responseId: "resp_1", finished: [0], underWay: {} };
    const events = await read(await api.responses.resume("resp_1", { after }));
    expect(events.filter(({ type }) => type === "output_item.done")).toMatchObject([{ item: { id: "m2" } }]);
    expect(emulator.requests.map(({ path }) => path)).toEqual(["/v1/responses/resp_1"]);
  });

  it("cancels it where that is asked for", async () => {
    const staged = await stage(SLOW);
    const { responseId } = await leave(staged, { cancelOnLeave: true }, ENDLESS);
    await expect.poll(async () => (await staged.api.responses.retrieve(responseId)).status).toBe("cancelled");
  });

  it("says on an abort what becomes of it", async () => {
    const staged = await stage(SLOW);
    for (const cancelOnLeave of [false, true]) {
      const controller = new AbortController();
      const stream = await staged.api.responses.stream(asked(ENDLESS), {
        signal: controller.signal,
        cancelOnLeave,
      });
      const error = await (async () => {
        for await (const event of stream) if (event.type === "output_text.delta") controller.abort();
      })().catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({ kind: "aborted" });
      expect(error?.message).toMatch(cancelOnLeave ? /response resp_\w+ is cancelled/ : /response resp_\w+ continues/);
      const { responseId } = stream.position ?? { responseId: "" };
      const wanted = cancelOnLeave ? "cancelled" : "in_progress";
      await expect.poll(async () => (await staged.api.responses.retrieve(responseId)).status).toBe(wanted);
    }
  });

  it("waits on close() until it is cancelled", async () => {
    const staged = await stage(SLOW);
    const stream = await staged.api.responses.stream(asked(ENDLESS), { cancelOnLeave: true });
    const events = stream[Symbol.asyncIterator]();
    while ((await events.next()).value?.type !== "output_text.delta");
    await stream.close();
    expect((await staged.api.responses.retrieve(stream.position?.responseId ?? "")).status).toBe("cancelled");
  });

  it("refuses a place that is none in this response", async () => {
    const { api } = await stage();
    const { responseId } = await api.responses.start(asked("hi"));
    const strange = { responseId: "resp_other", after: 1, finished: [], underWay: {} };
    await expect(api.responses.resume(responseId, { after: strange })).rejects.toMatchObject({ kind: "build" });
    const changed = { responseId, after: 1, finished: ["first"], underWay: {} } as never;
    for (const after of [-1, "1" as never, [] as never, changed])
      await expect(api.responses.resume(responseId, { after })).rejects.toMatchObject({ kind: "build" });
  });
});

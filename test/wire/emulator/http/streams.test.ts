import { describe, expect, it } from "vitest";
import { ofType, typesOf } from "../../../unit/emulator/stream-event.ts";
import { emulator, eventsOf, send, stream } from "../raw-client.ts";

const HELLO = { model: "gpt-5.5", input: "hello" };
const WEATHER = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

describe("a streamed response", () => {
  it("is server-sent events from created to completed, then the end", async () => {
    const { url } = await emulator();
    const answer = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(answer.text).toMatch(/^event: response\.created\ndata: \{"type":"response\.created",/);
    const events = eventsOf(answer.text);
    expect(events[0]?.type).toBe("response.created");
    expect(events.at(-1)?.type).toBe("response.completed");
    expect(answer.brokenBy).toBeUndefined();
  });

  it("has all groups of headers of the service", async () => {
    const { url } = await emulator({ turnState: true });
    const body = { ...HELLO, stream: true, reasoning: { effort: "low" } };
    const { headers } = await send(`${url}/responses`, { body, headers: { originator: "codex_cli_rs" } });
    const again = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    const models = await send(`${url}/models?client_version=1.0.0`);
    expect(headers).toMatchObject({
      "x-request-id": expect.stringMatching(/^req_/),
      "openai-processing-ms": expect.stringMatching(/^\d+$/),
      "openai-model": "gpt-5.5",
      "x-models-etag": models.headers.etag,
      "x-reasoning-included": "true",
      "x-codex-turn-state": expect.any(String),
      "x-codex-primary-used-percent": "12.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": expect.stringMatching(/^\d{10}$/),
      "x-codex-secondary-used-percent": "4",
      "x-codex-other-primary-used-percent": "70",
      "x-codex-credits-has-credits": "true",
    });
    expect(again.headers).not.toHaveProperty("x-reasoning-included");
    expect(again.headers["x-codex-turn-state"]).not.toBe(headers["x-codex-turn-state"]);
    expect(again.headers["x-request-id"]).not.toBe(headers["x-request-id"]);
    expect(again.headers).not.toHaveProperty("x-codex-primary-used-percent"); // the public API has none
  });

  it("that a script breaks off ends with the reason in a comment", async () => {
    const failing = (function* () {
      yield { type: "response.created" };
      throw new Error("no\nidea");
    })();
    const { url } = await emulator({ script: [{ events: failing }] });
    const answer = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    expect(answer.brokenBy).toBe("ECONNRESET");
    expect(eventsOf(answer.text)).toHaveLength(1);
    expect(answer.text).toMatch(/\n: the emulator's script failed: no idea\n\n$/);
  });

  it("has headers with the configured model and limits, or without", async () => {
    const { url } = await emulator({ serverModel: "gpt-other", rateLimits: false });
    const { headers } = await send(`${url}/responses`, { body: { ...HELLO, stream: true } });
    expect(headers["openai-model"]).toBe("gpt-other");
    expect(Object.keys(headers).filter((name) => name.startsWith("x-codex-"))).toEqual([]);
  });

  it("calls a tool, then answers with the tool's output", async () => {
    const { url } = await emulator();
    const question = { role: "user", content: "What is the weather in Paris?" };
    const first = await stream(url, { input: [question], tools: [WEATHER] });
    const call = ofType(first, "response.output_item.done").item;
    expect(call).toMatchObject({ type: "function_call", name: "get_weather", arguments: '{"location":"Paris"}' });
    const output = { type: "function_call_output", call_id: call.call_id, output: "18 degrees and sunny" };
    const second = await stream(url, { input: [question, call, output], tools: [WEATHER] });
    expect(ofType(second, "response.output_text.done").text).toContain("18 degrees and sunny");
  });

  it("continues a stored response, and no other", async () => {
    const { url } = await emulator();
    const told = await stream(url, { input: "My cat is called Ada" });
    const { id } = ofType(told, "response.completed").response;
    const recalled = await stream(url, { input: "what did I say?", previous_response_id: id });
    expect(ofType(recalled, "response.output_text.done").text).toContain("Ada");
    const unstored = ofType(await stream(url, { input: "secret", store: false }), "response.completed").response.id;
    const refused = await send(`${url}/responses`, { body: { ...HELLO, previous_response_id: unstored } });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({
      error: { code: "previous_response_not_found", param: "previous_response_id" },
    });
  });

  it("compacts if the last item requests it", async () => {
    const { url } = await emulator();
    const input = [{ role: "user", content: "remember the milk" }, { type: "compaction_trigger" }];
    const events = await stream(url, { input });
    const { output } = ofType(events, "response.completed").response;
    expect(output).toEqual([{ id: expect.any(String), type: "compaction", encrypted_content: expect.any(String) }]);
    const next = await stream(url, { input: [...output, { role: "user", content: "17*23" }] });
    expect(ofType(next, "response.output_text.done").text).toBe("17*23 = 391");
  });

  it("takes as long as the pace says", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 20 } });
    const startedAt = performance.now();
    await send(`${url}/responses`, { body: { model: "m", input: "count to 5", stream: true } });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  it("sends what comes before a pause at once", async () => {
    const { url } = await emulator({ pace: { delayMsPerWord: 3_600_000 } });
    const body = JSON.stringify({ model: "m", input: "count to 5", stream: true });
    const answer = await fetch(`${url}/responses`, { method: "POST", body });
    let text = "";
    for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes("response.content_part.added")) break;
    }
    expect(text).not.toContain("response.output_text.delta");
  });

  it("with generate: false is only created, in progress and completed", async () => {
    const { url } = await emulator();
    const events = await stream(url, { input: "hello", generate: false });
    expect(typesOf(events)).toEqual(["response.created", "response.in_progress", "response.completed"]);
  });
});

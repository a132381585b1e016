// Every event and every response that the emulator sends, held against the schemas of the Open Responses specification. What it has none for
// (hosted tools, custom tools, lanes' own events) is told apart by name, so that nothing slips through as unknown.
import { describe, expect, it } from "vitest";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { hasOpenResponses, openResponses } from "../../support/open-responses.ts";
import { ofType, type StreamEvent } from "../../unit/emulator/stream-event.ts";
import { emulator, RawSocket, send, stream } from "./raw-client.ts";

const parameters = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
const WEATHER = { type: "function", name: "get_weather", parameters };
const TIME = { type: "function", name: "get_time", parameters };
const LONG = [
  { role: "user", content: "hello" },
  { role: "assistant", content: "long ".repeat(500) },
];
const SETTINGS = {
  instructions: "Be brief.",
  max_tool_calls: 2,
  metadata: { a: "b" },
  parallel_tool_calls: false,
  prompt_cache_key: "k",
  safety_identifier: "s",
  service_tier: "flex",
  temperature: 0.5,
  tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "get_time" }] },
  tools: [TIME],
  top_p: 0.5,
  truncation: "auto",
  user: "u",
};
/** Events of the service that the specification does not have. */
const BEYOND = /^response\.(?:steer\.|compaction\.|(?:web_search|file_search|code_interpreter|image_generation|mcp)_)/;
/** Items and tools that it does not have: their events fit but for these. */
const OTHER_ITEMS =
  /"type":"(?:web_search|\w+_search_call|code_interpreter_call|image_generation_call|mcp_\w+|custom_tool_call)"/;

function expectToFit(events: readonly StreamEvent[]): void {
  const schemas = openResponses();
  const known = events.filter(({ type }) => !BEYOND.test(type));
  expect(known.length).toBeGreaterThan(0);
  const plain = known.filter((event) => !OTHER_ITEMS.test(JSON.stringify(event)));
  expect(plain.flatMap((event) => schemas.eventFaults(event))).toEqual([]);
}

function expectResponse(response: unknown): void {
  expect(openResponses().faultsOf("ResponseResource", response)).toEqual([]);
}

const scripted = (...script: object[]): EmulatorOptions => ({ script });

describe.skipIf(!hasOpenResponses)("a stream fits the schemas", () => {
  it.each<[string, object, EmulatorOptions?]>([
    [
      "with reasoning",
      { input: "hello", reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"] },
    ],
    ["with calls", { input: "The weather and the time in Paris?", tools: [WEATHER, TIME] }],
    ["with log probabilities", { input: "hello", include: ["message.output_text.logprobs"], top_logprobs: 3 }],
    ["with a refusal", { input: "please refuse" }],
    ["with too small a budget", { input: "count to 100", max_output_tokens: 16 }],
    [
      "with a compaction that was asked for",
      { input: [{ role: "user", content: "hi" }, { type: "compaction_trigger" }] },
    ],
    [
      "with a compaction of its own",
      {
        input: [...LONG, { role: "user", content: "hi" }],
        context_management: [{ type: "compaction", compact_threshold: 100 }],
      },
    ],
    ["with JSON", { input: "hello", text: { format: { type: "json_object" } } }],
    ["with every setting", { input: "hello", ...SETTINGS }],
    ["with citations of a web search", { input: "search the web for news", tools: [{ type: "web_search" }] }],
    ["in the background", { input: "hello", background: true }],
    ["that fails", { input: "hello" }, scripted({ failed: { code: "server_error", message: "broken" } })],
    ["that is incomplete", { input: "hello" }, scripted({ answer: "half", incomplete: "content_filter" })],
    ["whose input is too long", { input: "long ".repeat(100) }, { contextWindow: 10 }],
    [
      "that a scenario wrote",
      { input: "hello" },
      scripted({ reasoning: "r", answer: "a", toolCalls: [{ name: "f", arguments: {} }] }),
    ],
  ])("%s", async (_name, body, options) => {
    expectToFit(await stream((await emulator(options)).url, body));
  });

  it("of a conversation, and its response", async () => {
    const { url } = await emulator();
    const { json } = await send(`${url}/conversations`, { body: {} });
    const events = await stream(url, { input: "hello", conversation: (json as { readonly id: string }).id });
    expectToFit(events);
    expect(ofType(events, "response.completed").response).toHaveProperty("conversation");
  });
});

describe.skipIf(!hasOpenResponses)("a response fits its schema", () => {
  const ask = async (url: string, body: object) =>
    (await send(`${url}/responses`, { body: { model: "m", input: "count to 50", ...body } })).json as {
      readonly id: string;
    };

  it("as it is made, kept and asked for", async () => {
    const { url } = await emulator();
    const made = await ask(url, SETTINGS);
    expectResponse(made);
    expect((await send(`${url}/responses/${made.id}`)).json).toEqual(made);
  });

  it("in the background: queued, under way, cancelled", async () => {
    const { url } = await emulator({ pace: { tokensPerSecond: 1 } });
    const queued = await ask(url, { background: true });
    expect(queued).toMatchObject({ status: "queued" });
    expectResponse(queued);
    expectResponse((await send(`${url}/responses/${queued.id}`)).json);
    const { json: cancelled } = await send(`${url}/responses/${queued.id}/cancel`, { body: {} });
    expect(cancelled).toMatchObject({ status: "cancelled" });
    expectResponse(cancelled);
  });

  it("as a compaction", async () => {
    const { url } = await emulator();
    const { json } = await send(`${url}/responses/compact`, { body: { model: "m", input: LONG } });
    expect(openResponses().faultsOf("CompactResource", json)).toEqual([]);
  });
});

describe.skipIf(!hasOpenResponses)("what passes on a WebSocket fits the schemas", () => {
  async function opened(options?: EmulatorOptions) {
    const { url } = await emulator(options);
    const socket = new RawSocket(url);
    await socket.opened();
    return { socket, tell: (frame: object) => socket.websocket.send(JSON.stringify(frame)) };
  }
  async function until(socket: RawSocket, isLast: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    do events.push(await socket.nextEvent());
    while (!isLast(events.at(-1) as StreamEvent));
    return events;
  }

  it("on a lane", async () => {
    const { socket } = await opened();
    socket.create({ input: "hello", stream_id: "a" });
    const events = await until(socket, ({ type }) => type === "response.completed");
    expectToFit(events);
    expect(new Set(events.map((event) => (event as { readonly stream_id?: string }).stream_id))).toEqual(
      new Set(["a"]),
    );
  });

  it("when somebody steers: the response that ends, and its successor", async () => {
    const { socket, tell } = await opened({ pace: { delayMsPerWord: 5 } });
    socket.create({ input: "count to 50" });
    const begun = await until(socket, ({ type }) => type === "response.output_text.delta");
    tell({ type: "response.steer", previous_response_id: begun[0]?.response.id, input: "17*23" });
    const rest = await until(socket, ({ type }) => type === "response.completed");
    expectToFit([...begun, ...rest]);
    expect(ofType(rest, "response.incomplete").response).toMatchObject({ incomplete_details: { reason: "steered" } });
  });

  it("when somebody interrupts", async () => {
    const { socket, tell } = await opened({ pace: { delayMsPerWord: 5 } });
    socket.create({ input: "count to 50" });
    const begun = await until(socket, ({ type }) => type === "response.output_text.delta");
    tell({ type: "response.interrupt", response_id: begun[0]?.response.id });
    expectToFit([...begun, ...(await until(socket, ({ type }) => type === "response.incomplete"))]);
  });

  it.each([
    ["an unknown past", { type: "response.create", model: "m", input: "hi", previous_response_id: "resp_never" }],
    ["a name of a lane that is none", { type: "response.create", model: "m", input: "hi", stream_id: "a b" }],
    ["a frame of another kind", { type: "response.say" }],
    ["nothing to interrupt", { type: "response.interrupt", response_id: "resp_never" }],
  ])("when %s is refused", async (_name, frame) => {
    const { socket, tell } = await opened();
    tell(frame);
    expectToFit([await socket.nextEvent()]);
  });
});

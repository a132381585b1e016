// The checks of the Open Responses specification, version 2026-04-24, as they were read: 10 by HTTP, 7 by WebSocket.
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/doors/gateway/index.ts";
import { noAuth, openaiProvider } from "../../../src/index.ts";
import { hasOpenResponses, openResponses } from "../../support/open-responses.ts";
import type { StreamEvent, StreamResponse } from "../../unit/emulator/stream-event.ts";
import { emulator, eventsOf, RawSocket, send } from "./raw-client.ts";

const MODEL = "gpt-5.5";
const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";
const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather at a place",
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

const user = (content: unknown) => ({ type: "message", role: "user", content });
const assistant = (content: unknown, more = {}) => ({ type: "message", role: "assistant", content, ...more });
const parts = (type: string, text: string) => [{ type, text }];

/** The emulator, or a gateway before it: what holds of the one holds of the other. */
let serve: () => Promise<{ readonly url: string }>;

async function gateway() {
  const { url } = await emulator();
  const provider = openaiProvider({ env: {}, baseUrl: url, proxy: false });
  const started = await startGateway({ provider, auth: noAuth(), env: {} });
  onTestFinished(() => started.close());
  return started;
}

const PLACES = [
  ["of the emulator", emulator],
  ["through a gateway", gateway],
] as const;

describe.skipIf(!hasOpenResponses).each(PLACES)("Open Responses over HTTP, %s", (_place, start) => {
  beforeEach(() => {
    serve = start;
  });

  it.each<[string, Record<string, unknown>]>([
    ["basic-response", { input: [user("Say hello in exactly three words.")] }],
    [
      "assistant-phase",
      {
        input: [
          assistant("I look it up.", { phase: "commentary" }),
          assistant("It is 4.", { phase: "final_answer" }),
          user("Thank you. And 3+3?"),
        ],
      },
    ],
    ["system-prompt", { input: [{ type: "message", role: "system", content: "Talk like a pirate." }, user("hello")] }],
    [
      "image-input",
      {
        input: [
          user([
            { type: "input_text", text: "What is this?" },
            { type: "input_image", image_url: PNG },
          ]),
        ],
      },
    ],
    ["multi-turn", { input: [user("I am Ada."), assistant("Hello Ada."), user("Who am I?")] }],
  ])("%s holds", async (_id, body) => {
    const { response, status } = await ask("responses", body);
    expect(status).toBe(200);
    expectWhole(response);
  });

  it("tool-calling holds: the tool is echoed whole, and called", async () => {
    const { response } = await ask("responses", {
      input: [user("What is the weather in San Francisco?")],
      tools: [WEATHER],
    });
    expectWhole(response);
    expect(response.output.map(({ type }) => type)).toContain("function_call");
  });

  it("response-output-phase-schema holds: a message may say its phase", () => {
    const item = (phase: string) => ({
      ...{ type: "message", id: "msg_1", status: "completed", role: "assistant", phase },
      content: [{ type: "output_text", text: "x", annotations: [], logprobs: [] }],
    });
    for (const phase of ["commentary", "final_answer"]) {
      expect(openResponses().faultsOf("Message", item(phase))).toEqual([]);
    }
  });

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ["streaming-response", { input: [user("count to 5")] }, ["response.output_text.delta"]],
    [
      "tool-calling-streaming",
      { input: [user("What is the weather in San Francisco?")], tools: [WEATHER] },
      ["response.function_call_arguments.delta", "response.function_call_arguments.done"],
    ],
  ])("%s holds", async (_id, body, types) => {
    const { url } = await serve();
    const answer = await send(`${url}/responses`, { body: { model: MODEL, stream: true, ...body } });
    const events = eventsOf(answer.text);
    expectWholeTurn(events);
    for (const type of types) expect(events.map((event) => event.type)).toContain(type);
  });

  it("compact-response holds: messages have ids, states and parts", async () => {
    const { status, response } = await ask("responses/compact", {
      prompt_cache_key: "k",
      input: [user("Remember the milk."), assistant("I do.")],
    });
    expect(status).toBe(200);
    expect(openResponses().faultsOf("CompactResource", response)).toEqual([]);
    expect(response.output.map(({ type }) => type)).toEqual(["message", "compaction"]);
  });

  it("compact-missing-model holds", async () => {
    const { url } = await serve();
    expect((await send(`${url}/responses/compact`, { body: { input: [user("hi")] } })).status).toBe(400);
  });
});

describe.skipIf(!hasOpenResponses).each(PLACES)("Open Responses over a WebSocket, %s", (_place, start) => {
  beforeEach(() => {
    serve = start;
  });

  it("websocket-response holds", async () => {
    const socket = await open();
    expectWholeTurn(await turn(socket, { store: true, input: [user("count to 3")] }));
  });

  it("websocket-sequential-responses holds", async () => {
    const socket = await open();
    for (const input of ["hello", "count to 3"]) expectWholeTurn(await turn(socket, { input }));
  });

  it("websocket-continuation holds", async () => {
    const socket = await open();
    const first = await turn(socket, { input: "Remember the word lantern." });
    expectWholeTurn(first);
    expectWholeTurn(await turn(socket, { previous_response_id: idOf(first), input: "what did I say?" }));
  });

  it("websocket-reconnect-store-false-recovery holds", async () => {
    const server = await serve();
    const first = await turn(await open(server.url), { input: "hello" });
    const second = await open(server.url);
    const refused = await turn(second, { previous_response_id: idOf(first), input: "and?" });
    expectRefusal(refused);
    expect(
      openResponses().faultsOf("ResponseResource", (await turn(second, { input: "hello" })).at(-1)?.response),
    ).toEqual([]);
  });

  it("websocket-previous-response-not-found holds", async () => {
    expectRefusal(await turn(await open(), { previous_response_id: "resp_never", input: "hi" }));
  });

  it("websocket-failed-continuation-evicts-cache holds", async () => {
    const socket = await open();
    const first = await turn(socket, { input: "hello" });
    const output = { type: "function_call_output", call_id: "call_never", output: "" };
    const failed = await turn(socket, { previous_response_id: idOf(first), input: [output] });
    expect(failed.at(-1)?.type).toBe("error");
    expectRefusal(await turn(socket, { previous_response_id: idOf(first), input: "go on" }));
  });

  it("websocket-compact-new-chain holds", async () => {
    const server = await serve();
    const input = [
      user(parts("input_text", "Remember the milk.")),
      assistant(parts("output_text", "I do.")),
      user(parts("input_text", "And the bread.")),
    ];
    const { response } = await ask("responses/compact", { input }, server.url);
    const socket = await open(server.url);
    expectWholeTurn(await turn(socket, { tools: [], input: [...response.output, user("what did I say?")] }));
  });
});

async function ask(path: string, body: object, at?: string) {
  const url = at ?? (await serve()).url;
  const answer = await send(`${url}/${path}`, { body: { model: MODEL, ...body } });
  return { status: answer.status, response: answer.json as StreamResponse };
}

async function open(url?: string): Promise<RawSocket> {
  const socket = new RawSocket(url ?? (await serve()).url);
  await socket.opened();
  return socket;
}

/** All frames up to the end; an unknown event is a fault. */
async function turn(socket: RawSocket, body: object): Promise<StreamEvent[]> {
  socket.create({ model: MODEL, store: false, ...body });
  const events: StreamEvent[] = [];
  do events.push(await socket.nextEvent());
  while (!/^(?:error|response\.(?:completed|incomplete|failed))$/.test(events.at(-1)?.type ?? ""));
  return events;
}

function idOf(events: readonly StreamEvent[]): string | undefined {
  return events.at(-1)?.response.id;
}

function expectWhole(response: StreamResponse | undefined): void {
  expect(openResponses().faultsOf("ResponseResource", response)).toEqual([]);
  expect(response?.status).toBe("completed");
  expect(response?.output).not.toHaveLength(0);
}

function expectWholeTurn(events: readonly StreamEvent[]): void {
  const schemas = openResponses();
  expect(events.flatMap((event) => schemas.eventFaults(event))).toEqual([]);
  expectWhole(events.at(-1)?.response);
}

function expectRefusal(events: readonly StreamEvent[]): void {
  expect(events).toHaveLength(1);
  expect(openResponses().eventFaults(events[0])).toEqual([]);
  expect(events[0]?.error.code).toBe("previous_response_not_found");
}

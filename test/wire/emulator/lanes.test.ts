import { describe, expect, it } from "vitest";
import type { StreamEvent } from "../../unit/emulator/stream-event.ts";
import { emulator, RawSocket, send } from "./raw-client.ts";

const SLOW = { delayMsPerWord: 5 };
const WEATHER = {
  type: "function",
  name: "get_weather",
  parameters: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

type LaneEvent = StreamEvent & {
  readonly stream_id?: string;
  readonly steer: { readonly id: string; readonly previous_response_id: string; readonly input: unknown };
  readonly required_input: unknown;
};

async function socketFor(options: Parameters<typeof emulator>[0] = {}) {
  const server = await emulator(options);
  const socket = new RawSocket(server.url);
  await socket.opened();
  const next = async () => (await socket.nextEvent()) as LaneEvent;
  const until = async (isLast: (event: LaneEvent) => boolean) => {
    const events: LaneEvent[] = [];
    do events.push(await next());
    while (!isLast(events.at(-1) as LaneEvent));
    return events;
  };
  const tell = (frame: object) => socket.websocket.send(JSON.stringify(frame));
  return { server, socket, next, until, tell };
}

const isEnd = ({ type }: StreamEvent) => /^(?:error|response\.(?:completed|incomplete|failed))$/.test(type);

describe("lanes", () => {
  it("run side by side, and every event says which is its own", async () => {
    const { socket, until } = await socketFor({ pace: SLOW });
    for (const stream_id of ["a", "b"]) socket.create({ input: "count to 20", stream_id });
    socket.create({ input: "count to 20" });
    let ended = 0;
    const events = await until((event) => isEnd(event) && ++ended === 3);
    const lanes = events.map((event) => event.stream_id);
    expect(new Set(lanes)).toEqual(new Set(["a", "b", undefined]));
    expect(lanes.indexOf("b")).toBeLessThan(lanes.lastIndexOf("a"));
  });

  it("answer their own requests in order", async () => {
    const { socket, until } = await socketFor({ pace: SLOW });
    for (const input of ["count to 5", "17*23"]) socket.create({ input, stream_id: "a" });
    let ended = 0;
    const events = await until((event) => isEnd(event) && ++ended === 2);
    const first = events.findIndex(isEnd);
    expect(events[first + 1]?.type).toBe("response.created");
    expect(JSON.stringify(events.at(-1)?.response.output)).toContain("391");
  });

  it("fork from another lane's newest response, whose failure leaves the source alone", async () => {
    const { socket, until } = await socketFor();
    socket.create({ input: "My cat is called Ada", stream_id: "a", store: false });
    const previous_response_id = (await until(isEnd)).at(-1)?.response.id;
    const orphan = { type: "function_call_output", call_id: "c", output: "" };
    socket.create({ input: [orphan], stream_id: "b", previous_response_id });
    expect((await until(isEnd)).at(-1)).toMatchObject({ type: "error", status: 400, stream_id: "b" });
    for (const stream_id of ["b", "a"]) {
      socket.create({ input: "what did I say?", stream_id, previous_response_id, store: false });
      expect(JSON.stringify((await until(isEnd)).at(-1)?.response.output)).toContain("Ada");
    }
  });

  it.each([[""], ["a b"], ["x".repeat(257)], [7]])("are refused with the name %j", async (stream_id) => {
    const { socket, next } = await socketFor();
    socket.create({ input: "hello", stream_id });
    expect(await next()).toMatchObject({ type: "error", error: { code: "invalid_stream_id", param: "stream_id" } });
  });

  it("are 32 at most beside the default one", async () => {
    const { socket, until, next } = await socketFor();
    for (let count = 0; count < 32; count += 1) {
      socket.create({ input: "hello", stream_id: `lane-${count}` });
      await until(isEnd);
    }
    socket.create({ input: "hello", stream_id: "one-more" });
    expect(await next()).toMatchObject({
      type: "error",
      status: 400,
      error: { code: "websocket_stream_limit_reached", param: "stream_id" },
    });
    socket.create({ input: "hello" });
    expect((await until(isEnd)).at(-1)?.type).toBe("response.completed");
  });

  it("are answered 16 at a time; the others wait", async () => {
    const { socket, until } = await socketFor({ pace: SLOW });
    for (let count = 0; count < 17; count += 1) socket.create({ input: "count to 5", stream_id: `lane-${count}` });
    let ended = 0;
    const events = await until((event) => isEnd(event) && ++ended === 17);
    const begun = events.findIndex((event) => event.type === "response.created" && event.stream_id === "lane-16");
    expect(begun).toBeGreaterThan(events.findIndex(isEnd));
  });
});

describe("steering", () => {
  it("ends the response and goes on with a successor, unasked", async () => {
    const { socket, next, until, tell } = await socketFor({ pace: SLOW });
    socket.create({ input: "count to 500", stream_id: "a" });
    const { response } = await next();
    tell({ type: "response.steer", previous_response_id: response.id, input: "17*23" });
    const first = await until(isEnd);
    expect(first.find(({ type }) => type === "response.steer.accepted")).toMatchObject({
      stream_id: "a",
      steer: { previous_response_id: response.id },
    });
    expect(first.map(({ sequence_number }) => sequence_number)).toEqual(first.map((_, index) => index + 1));
    expect(first.at(-1)?.response).toMatchObject({ status: "incomplete", incomplete_details: { reason: "steered" } });
    const second = await until(isEnd);
    expect(second[0]).toMatchObject({
      type: "response.created",
      stream_id: "a",
      response: { previous_response_id: response.id },
    });
    expect(JSON.stringify(second.at(-1)?.response.output)).toContain("391");
  });

  it("waits for the outputs that the client owes, and comes before them", async () => {
    const { server, socket, next, until, tell } = await socketFor({
      script: [{ pace: { firstTokenMs: 60_000, delayMsPerWord: 0 } }], // a steer ends the wait
    });
    socket.create({ input: "What is the weather in Paris?", tools: [WEATHER] });
    const { response } = await next();
    tell({ type: "response.steer", previous_response_id: response.id, input: "In Fahrenheit, please" });
    const ended = (await until(isEnd)).at(-1)?.response;
    const call = ended?.output[0];
    expect(ended?.status).toBe("completed");
    expect(await next()).toMatchObject({
      type: "response.steer.pending",
      reason: "waiting_for_required_input",
      required_input: [{ type: "function_call_output", call_id: call?.call_id, name: "get_weather" }],
    });
    const output = { type: "function_call_output", call_id: call?.call_id, output: "18 degrees" };
    socket.create({ previous_response_id: response.id, input: [output], tools: [WEATHER] });
    const { id } = (await until(isEnd)).at(-1)?.response ?? {};
    const items = await send(`${server.url}/responses/${id}/input_items?order=asc`);
    expect(items.json).toMatchObject({ data: [{ role: "user" }, { type: "function_call_output" }] });
  });

  it.each<[string, object]>([
    ["response_not_found", { previous_response_id: "resp_x", input: "hi" }],
    ["invalid_input", { previous_response_id: "resp_x", input: [] }],
    ["invalid_input", { previous_response_id: "resp_x", input: [{ role: "assistant", content: "hi" }] }],
    ["invalid_input", { previous_response_id: "resp_x", input: "hi", stream_id: "a" }],
  ])("fails with %s for %j, and gives the input back", async (code, frame) => {
    const { next, tell } = await socketFor();
    tell({ type: "response.steer", ...frame });
    expect(await next()).toMatchObject({
      type: "response.steer.failed",
      error: { code },
      steer: { input: (frame as { input: unknown }).input },
    });
  });

  it("fails for a response that is over, and for one of a conversation", async () => {
    const { server, socket, next, until, tell } = await socketFor({ pace: SLOW });
    socket.create({ input: "hello" });
    const { id } = (await until(isEnd)).at(-1)?.response ?? {};
    tell({ type: "response.steer", previous_response_id: id, input: "hi" });
    expect((await next()).error.code).toBe("response_already_completed");
    const made = (await send(`${server.url}/conversations`, { body: {} })).json as { id: string };
    socket.create({ input: "count to 500", conversation: made.id });
    const { response } = await next();
    tell({ type: "response.steer", previous_response_id: response.id, input: "hi" });
    const failed = await until(({ type }) => type === "response.steer.failed");
    expect(failed.at(-1)?.error.code).toBe("steering_not_supported");
  });
});

describe("an interruption", () => {
  it("ends the response at once, and the socket goes on from it", async () => {
    const { socket, next, until, tell } = await socketFor({ pace: { delayMsPerWord: 60_000 } });
    socket.create({ input: "count to 500", store: false });
    const { response } = await next();
    await until(({ type }) => type === "response.output_text.delta");
    tell({ type: "response.interrupt", response_id: response.id, mode: "discard_partial_items" });
    const ended = (await until(isEnd)).at(-1)?.response;
    expect(ended).toMatchObject({
      id: response.id,
      status: "incomplete",
      incomplete_details: { reason: "interrupted" },
      end_turn: false,
      output: [],
      usage: { output_tokens: 1 },
    });
    socket.create({ input: "hi", generate: false, previous_response_id: response.id, store: false });
    expect((await until(isEnd)).at(-1)?.type).toBe("response.completed");
  });

  it("is refused for a response that is not under way", async () => {
    const { next, tell } = await socketFor();
    tell({ type: "response.interrupt", response_id: "resp_x", mode: "discard_partial_items" });
    expect(await next()).toMatchObject({ type: "error", error: { code: "response_not_active", param: "response_id" } });
  });
});

it("says how large a message may be, when it is to", async () => {
  const { socket } = await socketFor({ announceMaxFrameBytes: true, maxFrameBytes: 5000 });
  expect((await socket.handshakeHeaders)["x-codex-websocket-max-message-bytes"]).toBe("5000");
});

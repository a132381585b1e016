import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import { z } from "zod";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { functionTool } from "../../../src/api/compose/tools.ts";
import { CallsClient } from "../../../src/api/endpoints/calls.ts";
import { RealtimeWebSocketClient } from "../../../src/api/realtime/client.ts";
import { ClientSecretsClient } from "../../../src/api/realtime/client-secrets.ts";
import type { RealtimeWebSocketConnection } from "../../../src/api/realtime/connection/connection.ts";
import { RealtimeConversation } from "../../../src/api/realtime/conversation/conversation.ts";
import { RealtimeHistory } from "../../../src/api/realtime/conversation/history.ts";
import type { RealtimeEvent } from "../../../src/api/realtime/events.ts";
import type { RealtimeSessionConfig } from "../../../src/api/realtime/settings.ts";
import { startEmulator } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { connect } from "./support.ts";

async function until<Event extends { readonly type: string }>(
  source: AsyncIterable<Event>,
  type: Event["type"],
): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of source) {
    seen.push(event);
    if (event.type === type) return seen;
  }
  throw new Error(`ended without ${type} after ${seen.map((each) => each.type).join(", ")}`);
}

function typesOf(events: readonly RealtimeEvent[]): string[] {
  return events.map(({ type }) => type);
}

/** A text spoken and silence after it, in chunks of 100 ms. */
async function speak(connection: RealtimeWebSocketConnection, bytesPerMs: number, loud: number, silent: number) {
  for (const level of [...Array(4).fill(loud), ...Array(7).fill(silent)]) {
    await connection.append(Buffer.alloc(100 * bytesPerMs, level));
  }
}

describe("dictation", () => {
  it("opens a session by its intent, transcribes, and answers nothing", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url, { config: { mode: "transcription", model: "gpt-live-transcribe" } });
    expect(emulator.requests[0]?.path).toBe("/v1/realtime?intent=transcription");
    await speak(connection, 48, 0x20, 0);
    const events = await until(connection, "input_transcript.done");
    expect(events).toContainEqual(
      expect.objectContaining({ type: "session_updated", session: expect.objectContaining({ type: "transcription" }) }),
    );
    expect(events.at(-1)).toMatchObject({ text: "sound of 0.4 seconds", usage: { type: "duration", seconds: 0.4 } });
    await connection.createResponse(); // the end of what there is: no answer came before the complaint
    const rest = await until(connection, "error");
    expect(typesOf(rest)).toEqual(["error"]);
  });
});

describe("telephony", () => {
  it.each([
    ["audio/pcmu", 0xb0, 0xff],
    ["audio/pcma", 0xb0, 0xd5],
  ])("in %s works in both directions, with eight bytes a millisecond", async (type, loud, silent) => {
    const emulator = await emulate();
    const audio = { input: { format: { type }, turn_detection: { type: "server_vad" } }, output: { format: { type } } };
    const connection = await connect(emulator.url, {
      config: { session: { audio } },
    });
    await speak(connection, 8, loud, silent);
    const heard = await until(connection, "input_audio_speech_stopped");
    expect(heard.at(-1)).toMatchObject({ audioEndMs: 400 });
    const [, ...said] = await until(connection, "response_done");
    const frames = said.flatMap((event) => (event.type === "audio_out" ? [event.frame] : []));
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatchObject({ sampleRate: 8_000, encoding: type.slice(6) });
    const itemId = frames[0]?.itemId ?? "";
    const spokenMs = frames.reduce((sum, { data }) => sum + Buffer.from(data, "base64").length / 8, 0);
    await connection.truncate(itemId, Math.floor(spokenMs) + 100);
    expect((await until(connection, "error")).at(-1)).toMatchObject({
      message: expect.stringContaining(`Audio content of ${Math.floor(spokenMs)}ms is already shorter`),
    });
    await connection.truncate(itemId, Math.floor(spokenMs / 2));
    expect((await until(connection, "conversation_item.truncated")).at(-1)).toMatchObject({ itemId });
  });

  it("in an unknown format is refused, and the session stays as it was", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url, { config: { session: { instructions: "x" } } });
    await connection.sendSessionUpdate({ session: { audio: { output: { format: { type: "audio/opus" } } } } });
    expect((await until(connection, "error")).at(-1)).toMatchObject({ param: "session.audio.output.format.type" });
    await connection.sendConversationItem("repeat: hi");
    await connection.createResponse();
    await until(connection, "audio_out");
  });
});

describe("images", () => {
  it("are sent beside the words, and one that is not a data URL is refused", async () => {
    const emulator = await emulate();
    const conversation = new RealtimeConversation(await connect(emulator.url, { config: { outputModality: "text" } }));
    const image_url = `data:image/png;base64,${Buffer.from("png").toString("base64")}`;
    await conversation.say([
      { type: "input_text", text: "repeat: I see it" },
      { type: "input_image", image_url },
    ]);
    const events = await until(conversation, "response_done");
    expect(events).toContainEqual(expect.objectContaining({ type: "output_transcript.done", text: "I see it" }));
    const added = events.find(({ type }) => type === "conversation_item.done");
    expect(added).toMatchObject({ item: { content: [{ type: "input_text" }, { type: "input_image", image_url }] } });
    await conversation.say([{ type: "input_image", image_url: "https://example.com/a.png" }]);
    expect((await until(conversation, "error")).at(-1)).toMatchObject({ param: "item.content[0].image_url" });
  });
});

describe("an existing session", () => {
  const session = {
    type: "realtime",
    model: "gpt-realtime-2.1",
    instructions: "Be kind.",
    output_modalities: ["text"],
  };

  async function joined(url: string, config: RealtimeSessionConfig, key = "sk-key") {
    const client = new RealtimeWebSocketClient({ ...clientOptions(url), auth: apiKeyAuth(key) });
    const connection = await client.connect({ ...config, session: "keep" });
    onTestFinished(() => connection.terminate());
    return connection;
  }

  it("of a call is joined without changing it", async () => {
    const emulator = await emulate();
    const { callId } = await new CallsClient(clientOptions(emulator.url)).create("v=0\r\n", { session });
    const connection = await joined(emulator.url, { callId });
    expect(await connection.nextEvent()).toMatchObject({ type: "session_created", session });
    await connection.sendConversationItem("repeat: hello");
    await connection.createResponse();
    const events = await until(connection, "response_done");
    expect(events).toContainEqual(
      expect.objectContaining({ type: "output_transcript.done", text: "hello", modality: "text" }),
    );
    expect(emulator.requests.map(({ json }) => (json as { readonly type?: string } | undefined)?.type)).not.toContain(
      "session.update",
    );
  });

  it("of a client secret is opened with it, without a key", async () => {
    const emulator = await emulate();
    const { value } = await new ClientSecretsClient(clientOptions(emulator.url)).create({ session });
    const connection = await joined(emulator.url, {}, value);
    expect(await connection.nextEvent()).toMatchObject({ type: "session_created", session });
  });
});

describe("calls of functions", () => {
  const weather = functionTool({
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: z.object({ city: z.string().transform((city) => city.toUpperCase()) }),
  });
  const clock = functionTool({
    name: "get_time",
    description: "Tells the time.",
    parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
  });

  async function call(args: string, tools?: readonly object[]) {
    const item = { id: "i", type: "function_call", call_id: "c", name: "get_weather", arguments: args };
    const emulator = await emulate({ script: [{}, { events: [{ type: "conversation.item.done", item }] }] });
    const session = { tools: [weather, clock] };
    const connection = await connect(emulator.url, { config: { session } });
    const options = tools === undefined ? {} : { tools: [weather, clock] };
    const conversation = new RealtimeConversation(connection, options as { tools: [typeof weather, typeof clock] });
    await connection.clear(); // takes the second step of the script
    const events = await until(conversation, "function_call");
    return events.at(-1);
  }

  it("have their arguments validated by the session's tools", async () => {
    expect(await call('{"city":"Paris"}')).toEqual({
      type: "function_call",
      itemId: "i",
      callId: "c",
      name: "get_weather",
      arguments: '{"city":"Paris"}',
      parsed: { city: "PARIS" },
    });
  });

  it.each([
    ['{"city":7}', { reason: "does_not_fit", issues: [{ path: ["city"] }] }],
    ['{"city":', { reason: "not_json" }],
  ])("with the arguments %s say why they are invalid", async (args, problem) => {
    expect(await call(args)).toMatchObject({ arguments: args, problem });
  });

  it("have the types of the tools that the conversation was given", async () => {
    const event = await call('{"city":"Paris"}', [weather, clock]);
    if (event?.type !== "function_call" || event.name !== "get_weather") throw new Error("not the call");
    expectTypeOf(event.parsed).toEqualTypeOf<{ city: string } | undefined>();
    expect(event.parsed?.city).toBe("PARIS");
  });
});

// docs/guide/voice.md, "When a session is over"
it("a conversation continues in another session with its history", async () => {
  const history = new RealtimeHistory();
  const config = { session: { instructions: "x", output_modalities: ["text"] } };
  const talk = async (url: string, words: string) => {
    const connection = await connect(url, { config });
    await history.restore(connection);
    const conversation = new RealtimeConversation(connection);
    await conversation.say(words);
    for await (const event of conversation) {
      history.observe(event);
      if (event.type === "response_done") break;
    }
    return connection;
  };

  const first = await startEmulator();
  const broken = await talk(first.url, "repeat: the first answer");
  await first.close();
  const rest = (async () => {
    for await (const event of broken) history.observe(event);
  })();
  await rest.catch(() => undefined);
  expect(broken.closure).toMatchObject({ cause: expect.stringMatching(/^(goodbye|cut)$/) });

  const second = await emulate();
  await talk(second.url, "repeat: the second answer");
  const said = second.requests.flatMap(({ json }) => {
    const { type, item } = (json ?? {}) as { type?: string; item?: { role: string; content: { text: string }[] } };
    return type === "conversation.item.create" && item ? [[item.role, item.content[0]?.text]] : [];
  });
  expect(said).toEqual([
    ["user", "repeat: the first answer"],
    ["assistant", "the first answer"],
    ["user", "repeat: the second answer"],
  ]);
  expect(history.items()).toMatchObject([
    { role: "user" },
    { role: "assistant", content: [{ type: "output_text", text: "the first answer" }] },
    { role: "user" },
    { role: "assistant", content: [{ type: "output_text", text: "the second answer" }] },
  ]);
});

it.each(["get_weather", "background_agent", "remain_silent"])(
  "a call of %s that comes from another session is not executed again",
  async (name) => {
    const emulator = await emulate();
    const session = { output_modalities: ["text"], tools: [{ type: "function", name }] };
    const connection = await connect(emulator.url, { config: { session } });
    const conversation = new RealtimeConversation(connection);
    const call = { id: "item_1", type: "function_call", call_id: "c", name, arguments: '{"prompt":"go"}' };
    await connection.createItem(call);
    await connection.createItem({ type: "function_call_output", call_id: "c", output: "done" });
    await conversation.say("repeat: hi");
    const events = await until(conversation, "response_done");
    expect(events).toContainEqual(expect.objectContaining({ type: "conversation_item.done", itemId: "item_1" }));
    for (const type of ["function_call", "handoff_requested", "delegation", "noop_requested"]) {
      expect(events.map((event) => event.type)).not.toContain(type);
    }
    expect(emulator.requests.filter(({ kind }) => kind === "frame")).toHaveLength(5); // no answer but what is above
  },
);

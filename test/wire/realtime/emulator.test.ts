import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { standstill } from "../../support/standstill.ts";

interface WireEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A client that is not ours. */
class Caller {
  readonly websocket: WebSocket;
  readonly #events: WireEvent[] = [];

  private constructor(websocket: WebSocket) {
    this.websocket = websocket;
    websocket.on("message", (data) => {
      this.#events.push(JSON.parse(String(data)) as WireEvent);
      websocket.emit("event");
    });
  }

  static async open(query = "", options: EmulatorOptions = {}): Promise<Caller> {
    const { url } = await emulate(options);
    const websocket = new WebSocket(`${url.replace("http", "ws")}/realtime${query}`);
    onTestFinished(() => websocket.terminate());
    const caller = new Caller(websocket);
    await once(websocket, "open");
    return caller;
  }

  say(...messages: readonly object[]): void {
    for (const message of messages) this.websocket.send(JSON.stringify(message));
  }

  async next(): Promise<WireEvent> {
    while (this.#events.length === 0) await once(this.websocket, "event");
    return this.#events.shift() as WireEvent;
  }

  async until(type: string): Promise<WireEvent[]> {
    const seen: WireEvent[] = [];
    do seen.push(await this.next());
    while (seen.at(-1)?.type !== type);
    return seen;
  }
}

const typesOf = (events: readonly WireEvent[]) => events.map(({ type }) => type);
const append = (audio: Buffer) => ({ type: "input_audio_buffer.append", audio: audio.toString("base64") });
const CHUNK = 24 * 2 * 100; // 100 ms
const loud = append(Buffer.alloc(CHUNK, 0x20));
const quiet = append(Buffer.alloc(CHUNK));
const silence = Array.from({ length: 5 }, () => quiet);
const create = { type: "response.create" };

function text(words: string) {
  const item = { type: "message", role: "user", content: [{ type: "input_text", text: words }] };
  return { type: "conversation.item.create", item };
}

function update(session: object) {
  return { type: "session.update", session };
}

const writesDown = update({ audio: { input: { transcription: { model: "m" } } } });
const tools = [
  { type: "function", name: "remain_silent" },
  { type: "function", name: "background_agent" },
];

describe("a realtime session of the emulator", () => {
  it("is there from the handshake on, and agrees to what is wanted, piece by piece", async () => {
    const caller = await Caller.open("?model=m");
    const [created] = await caller.until("session.created");
    expect(created).toMatchObject({
      event_id: expect.any(String),
      session: { id: expect.stringMatching(/^sess_/), type: "realtime", model: "m" },
    });
    caller.say(
      update({ instructions: "i", audio: { input: { a: 1 }, output: { voice: "ash" } } }),
      update({ audio: { input: { b: 2 } } }),
    );
    await caller.next();
    expect(await caller.next()).toMatchObject({
      type: "session.updated",
      session: { model: "m", instructions: "i", audio: { input: { a: 1, b: 2 }, output: { voice: "ash" } } },
    });
  });

  it("speaks: the words as they come, and a tone for each", async () => {
    const caller = await Caller.open();
    caller.say(text("repeat: one two"), create);
    const events = await caller.until("response.done");
    expect(typesOf(events)).toEqual([
      "session.created",
      "conversation.item.added",
      "conversation.item.done",
      "response.created",
      "response.output_item.added",
      "conversation.item.added",
      "response.content_part.added",
      "response.output_audio_transcript.delta",
      "response.output_audio.delta",
      "response.output_audio_transcript.delta",
      "response.output_audio.delta",
      "response.output_audio.done",
      "response.output_audio_transcript.done",
      "response.content_part.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
    const tone = Buffer.from(String(events[8]?.delta), "base64");
    const samples = new Int16Array(tone.buffer, tone.byteOffset, tone.length / 2);
    expect(samples).toHaveLength(4_500); // three letters
    expect(Math.max(...samples)).toBeGreaterThan(5_000);
    expect([samples[0], samples.at(-1)]).toEqual([0, 0]); // no clicks
    expect(events.at(-1)).toMatchObject({
      response: {
        status: "completed",
        output: [{ content: [{ type: "output_audio", transcript: "one two" }] }],
        usage: { output_tokens: 2 },
      },
    });
  });

  it("writes where text alone is wanted", async () => {
    const caller = await Caller.open();
    caller.say(update({ output_modalities: ["text"] }), text("repeat: one"), create);
    const events = await caller.until("response.done");
    expect(events.filter(({ type }) => type.startsWith("response.output_text"))).toMatchObject([
      { delta: "one" },
      { text: "one" },
    ]);
    expect(typesOf(events).filter((type) => type.includes("audio"))).toEqual([]);
  });

  it("hears a speaker begin and end, writes down what it was, and answers", async () => {
    const caller = await Caller.open();
    caller.say(writesDown, quiet, loud, loud, ...silence);
    await caller.until("session.updated");
    const events = await caller.until("response.done");
    expect(typesOf(events).slice(0, 8)).toEqual([
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_audio_buffer.committed",
      "conversation.item.added",
      "conversation.item.done",
      "conversation.item.input_audio_transcription.delta",
      "conversation.item.input_audio_transcription.completed",
      "response.created",
    ]);
    expect(events[0]).toMatchObject({ audio_start_ms: 100, item_id: expect.any(String) });
    expect(events[1]).toMatchObject({ audio_end_ms: 300, item_id: events[0]?.item_id });
    expect(events[6]).toMatchObject({ transcript: "sound of 0.2 seconds" });
  });

  it("waits for as much silence as was asked for", async () => {
    const caller = await Caller.open();
    caller.say(update({ audio: { input: { turn_detection: { silence_duration_ms: 200 } } } }), loud, quiet, quiet);
    expect(typesOf(await caller.until("input_audio_buffer.speech_stopped"))).toContain(
      "input_audio_buffer.speech_started",
    );
  });

  it.each([
    ["create_response is off", { type: "realtime", audio: { input: { turn_detection: { create_response: false } } } }],
    ["it only transcribes", { type: "transcription" }],
  ])("does not answer speech when %s", async (_what, session) => {
    const caller = await Caller.open();
    caller.say(writesDown, update(session), loud, ...silence, { type: "input_audio_buffer.clear" });
    const events = await caller.until("input_audio_buffer.cleared");
    expect(typesOf(events)).toContain("conversation.item.input_audio_transcription.completed");
    expect(typesOf(events)).not.toContain("response.created");
  });

  it("takes what was heard so far on a commit, and nothing after it was cleared", async () => {
    const caller = await Caller.open();
    caller.say(quiet, { type: "input_audio_buffer.commit" });
    const committed = await caller.until("conversation.item.done");
    expect(typesOf(committed)).not.toContain("input_audio_buffer.speech_stopped");
    expect(committed.at(-1)).toMatchObject({ previous_item_id: null, item: { content: [{ type: "input_audio" }] } });
    caller.say(quiet, { type: "input_audio_buffer.clear" }, { type: "input_audio_buffer.commit" });
    expect((await caller.until("error")).at(-1)).toMatchObject({ error: { code: "input_audio_buffer_commit_empty" } });
  });

  it("stops when it is told to, or spoken to", async () => {
    const caller = await Caller.open("", { pace: { delayMsPerWord: 20 } });
    caller.say(text("count to 100"), create);
    await caller.until("response.output_audio.delta");
    caller.say({ type: "response.cancel" });
    const cancelled = (await caller.until("response.done")).at(-1);
    expect(cancelled).toMatchObject({
      response: {
        id: expect.stringMatching(/^resp_/),
        status: "cancelled",
        status_details: { reason: "client_cancelled" },
        output: [{ status: "incomplete" }],
      },
    });
    caller.say(create);
    await caller.until("response.output_audio.delta");
    caller.say(loud);
    const interrupted = await caller.until("response.done");
    expect(typesOf(interrupted)).toContain("input_audio_buffer.speech_started");
    expect(interrupted.at(-1)).toMatchObject({ response: { status_details: { reason: "turn_detected" } } });
    caller.say({ type: "response.cancel" });
    expect((await caller.until("error")).at(-1)).toMatchObject({ error: { code: "response_cancel_not_active" } });
  });

  it("goes on under speech where it shall not be interrupted", async () => {
    const caller = await Caller.open("", { pace: { delayMsPerWord: 5 } });
    caller.say(
      update({ audio: { input: { turn_detection: { interrupt_response: false } } } }),
      text("count to 3"),
      create,
      loud,
    );
    expect((await caller.until("response.done")).at(-1)).toMatchObject({ response: { status: "completed" } });
  });

  it("refuses a second answer at the same time", async () => {
    const caller = await Caller.open("", { pace: { delayMsPerWord: 20 } });
    caller.say(text("count to 500"), create, create);
    const error = (await caller.until("error")).at(-1);
    expect(error).toMatchObject({
      error: {
        code: "conversation_already_has_active_response",
        message: expect.stringMatching(/^Conversation already has an active response in progress: resp_/),
      },
    });
  });

  it("hands over on request, and tells the result", async () => {
    const caller = await Caller.open();
    caller.say(update({ tools }), text("ask the agent to count sheep"), create);
    const call = (await caller.until("response.done")).findLast(({ type }) => type === "conversation.item.done");
    expect(call).toMatchObject({
      item: { type: "function_call", name: "background_agent", arguments: '{"prompt":"to count sheep"}' },
    });
    const { call_id } = (call?.item ?? {}) as { call_id?: string };
    caller.say(
      { type: "conversation.item.create", item: { type: "function_call_output", call_id, output: "12" } },
      create,
    );
    const told = (await caller.until("response.done")).find(
      ({ type }) => type === "response.output_audio_transcript.done",
    );
    expect(told).toMatchObject({ transcript: "The tool background_agent answered: 12" });
  });

  it("is silent on request", async () => {
    const caller = await Caller.open();
    caller.say(update({ tools }), text("be quiet"), create);
    expect((await caller.until("response.done")).at(-1)).toMatchObject({
      response: { output: [{ name: "remain_silent", arguments: "{}" }] },
    });
  });

  it("only talks where it has no tools", async () => {
    const caller = await Caller.open();
    caller.say(text("delegate: x"), create, text("be quiet"));
    expect((await caller.until("response.done")).at(-1)).toMatchObject({ response: { output: [{ type: "message" }] } });
  });

  it("confirms a truncation", async () => {
    const caller = await Caller.open();
    caller.say(text("repeat: one"), create);
    const item_id = (await caller.until("response.output_audio.delta")).at(-1)?.item_id;
    await caller.until("response.done");
    const truncate = { type: "conversation.item.truncate", item_id, content_index: 0 };
    caller.say({ ...truncate, audio_end_ms: 5, event_id: "a" }, { ...truncate, audio_end_ms: 5_000, event_id: "b" });
    expect((await caller.until("conversation.item.truncated")).at(-1)).toMatchObject({
      item_id,
      content_index: 0,
      audio_end_ms: 5,
      event_id: expect.stringMatching(/^event_/),
    });
    expect((await caller.until("error")).at(-1)).toMatchObject({
      error: { event_id: "b", message: "Audio content of 187ms is already shorter than 5000ms" },
    });
    caller.say({ type: "conversation.item.retrieve", item_id });
    expect((await caller.until("conversation.item.retrieved")).at(-1)).toMatchObject({
      item: { id: item_id, content: [{ transcript: "" }] },
    });
    caller.say({ type: "conversation.item.delete", item_id }, { type: "conversation.item.retrieve", item_id });
    await caller.until("conversation.item.deleted");
    expect((await caller.until("error")).at(-1)).toMatchObject({ error: { code: "item_not_found" } });
  });

  it("answers as the parameters of a response say, out of band beside another", async () => {
    const caller = await Caller.open("", { pace: { delayMsPerWord: 20 } });
    caller.say(text("count to 20"), create, {
      type: "response.create",
      response: {
        conversation: "none",
        output_modalities: ["text"],
        metadata: { purpose: "title" },
        input: [text("repeat: Numbers").item],
      },
    });
    const done = (await caller.until("response.done")).at(-1);
    expect(done).toMatchObject({
      response: { conversation_id: null, metadata: { purpose: "title" }, output: [{ content: [{ text: "Numbers" }] }] },
    });
    expect((await caller.until("response.done")).at(-1)).toMatchObject({
      response: { conversation_id: expect.stringMatching(/^conv_/), output_modalities: ["audio"] },
    });
  });

  it("leaves it to the client when a turn is over, where turn detection is off", async () => {
    const caller = await Caller.open();
    const off = update({ audio: { input: { turn_detection: null } } });
    caller.say(off, loud, ...silence, { type: "input_audio_buffer.commit" }, create);
    const types = typesOf(await caller.until("response.done"));
    expect(types.filter((type) => type.includes("speech"))).toEqual([]);
    expect(types.indexOf("input_audio_buffer.committed")).toBeLessThan(types.indexOf("response.created"));
  });

  it("calls a function of the session, its arguments piece by piece", async () => {
    const caller = await Caller.open();
    const weather = { type: "function", name: "get_weather", parameters: { type: "object", properties: {} } };
    caller.say(update({ tools: [weather] }), text("What is the weather?"), create);
    const events = await caller.until("response.done");
    expect(typesOf(events)).toContain("response.function_call_arguments.delta");
    expect(events.at(-1)).toMatchObject({ response: { output: [{ type: "function_call", name: "get_weather" }] } });
  });

  it.each([
    ["of another type", { type: "x" }, "invalid_value"],
    ["without a session", { type: "session.update" }, "missing_required_parameter"],
    ["without an item", { type: "conversation.item.create" }, "missing_required_parameter"],
    ["that lacks the handoff", { type: "conversation.handoff.append" }, "missing_required_parameter"],
  ])("refuses a message %s", async (_what, message, code) => {
    const caller = await Caller.open();
    caller.say(message);
    expect((await caller.until("error")).at(-1)).toMatchObject({ error: { code, event_id: null } });
  });

  it("refuses what is no JSON object, and goes on", async () => {
    const caller = await Caller.open();
    caller.websocket.send("{");
    await caller.until("error");
    caller.say(update({}));
    await caller.until("session.updated");
  });

  it("does as the script says, message by message", async () => {
    const script = [
      {},
      { frames: ["no JSON at all"] },
      { events: [{ type: "own" }] },
      { status: 500, body: { error: { message: "down" } } },
      { close: { code: 1011, reason: "enough" } },
    ];
    const { url } = await emulate({ script });
    const websocket = new WebSocket(`${url.replace("http", "ws")}/realtime`);
    onTestFinished(() => websocket.terminate());
    const seen: string[] = [];
    websocket.on("message", (data) => seen.push(String(data)));
    await once(websocket, "open");
    for (const _step of script) websocket.send(JSON.stringify(update({})));
    const [code, reason] = await once(websocket, "close");
    expect(seen.slice(2)).toEqual([
      "no JSON at all",
      '{"type":"own"}',
      '{"type":"error","status":500,"error":{"message":"down"}}',
    ]);
    expect([code, String(reason)]).toEqual([1011, "enough"]);
  });

  it("holds a client back that it cannot answer for a while, and answers all it said", async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const script = async ({ json }: { readonly json: unknown }) => {
      if (json !== undefined) await held;
      return undefined;
    };
    let arrived = 0;
    const caller = await Caller.open("", {
      script,
      onRequest: () => {
        arrived += 1;
      },
    });
    const count = 300;
    const padding = randomBytes(10_000).toString("hex"); // so that they do not arrive in one piece
    for (let index = 0; index < count; index += 1) caller.say(update({ index, padding }));
    await standstill(() => arrived, 50);
    expect(arrived).toBeLessThan(count / 2);
    release();
    await caller.until("session.created");
    for (let index = 0; index < count; index += 1) expect(await caller.next()).toMatchObject({ session: { index } });
  });
});

it("a call that was opened at /live is joined there, and one that nobody opened is not", async () => {
  const { url } = await emulate();
  const body = JSON.stringify({ sdp: "v=0", session: { type: "realtime", instructions: "be brief" } });
  const headers = { "content-type": "application/json" };
  const opened = await fetch(`${url}/live`, { method: "POST", headers, body });
  const callId = opened.headers.get("location")?.split("/").at(-1) ?? "";
  expect([opened.status, callId]).toEqual([201, expect.stringMatching(/^rtc_/)]);

  const join = (id: string) => {
    const websocket = new WebSocket(`${url.replace("http", "ws")}/live/${id}`);
    onTestFinished(() => websocket.terminate());
    return websocket;
  };
  const [first] = await once(join(callId), "message");
  expect(JSON.parse(String(first))).toMatchObject({ type: "session.created", session: { instructions: "be brief" } });
  await expect(once(join("rtc_none"), "open")).rejects.toThrow("404");
});

describe("a quicksilver session of the emulator", () => {
  const query = "?intent=quicksilver";

  it("answers text by itself, in its own words", async () => {
    const caller = await Caller.open(query);
    caller.say(update({ type: "quicksilver", instructions: "i" }), text("repeat: one"));
    expect(await caller.next()).toMatchObject({
      type: "session.updated",
      session: { id: expect.any(String), instructions: "i" },
    });
    const events = await caller.until("conversation.output_audio.delta");
    expect(typesOf(events)).toEqual([
      "conversation.item.added",
      "conversation.item.done",
      "conversation.item.added",
      "conversation.output_transcript.delta",
      "conversation.output_audio.delta",
    ]);
    expect(events.at(-1)).toMatchObject({ sample_rate: 24000, channels: 1, samples_per_channel: 4_500 });
    expect(await caller.next()).toMatchObject({ type: "conversation.item.done", item: { role: "assistant" } });
  });

  it("writes down what it hears", async () => {
    const caller = await Caller.open(query);
    caller.say(loud, ...silence);
    expect(await caller.next()).toEqual({ type: "conversation.input_transcript.delta", delta: "sound of 0.1 seconds" });
  });

  it("asks for a handoff and tells what comes of it", async () => {
    const caller = await Caller.open(query);
    caller.say(text("delegate: x"));
    const asked = (await caller.until("conversation.handoff.requested")).at(-1);
    expect(asked).toMatchObject({
      handoff_id: expect.any(String),
      item_id: expect.any(String),
      input_transcript: "delegate: x",
    });
    const output = '"Agent Final Message":\n\nall done';
    caller.say({ type: "conversation.handoff.append", handoff_id: asked?.handoff_id, output_text: output });
    const said = (await caller.until("conversation.item.done")).map(({ delta }) =>
      typeof delta === "string" ? delta : "",
    );
    expect(said.join("")).toContain(" done");
    expect(said.join("")).not.toContain("Agent Final Message");
  });

  it("breaks off what it is saying for what is said next", async () => {
    const caller = await Caller.open(query, { pace: { delayMsPerWord: 20 } });
    caller.say(text("count to 100"));
    await caller.until("conversation.output_audio.delta");
    caller.say(text("repeat: stop"));
    const events = await caller.until("conversation.item.added");
    const said = [...events, ...(await caller.until("conversation.output_audio.delta"))].flatMap(
      ({ delta }) => delta ?? [],
    );
    expect(said).toContain("stop");
    expect(said).not.toContain(" 100");
  });
});

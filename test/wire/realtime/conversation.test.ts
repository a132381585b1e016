import { describe, expect, it, vi } from "vitest";
import {
  RealtimeConversation,
  type RealtimeConversationEvent,
} from "../../../src/api/realtime/conversation/conversation.ts";
import type { RealtimeProtocolName } from "../../../src/api/realtime/settings.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { recordLog } from "../../support/log-lines.ts";
import { failureOf } from "../proxy/support.ts";
import { closeFrame } from "../websocket/raw-server.ts";
import { connect, Line, until as untilTrue } from "./support.ts";

const CHUNK = 24 * 2 * 100; // 100 ms
const loud = { data: Buffer.alloc(CHUNK, 0x20).toString("base64") };
const quiet = { data: Buffer.alloc(CHUNK).toString("base64") };

async function converse(protocol: RealtimeProtocolName, options: EmulatorOptions = {}) {
  const emulator = await emulate(options);
  const connection = await connect(emulator.url, { config: { protocol } });
  const conversation = new RealtimeConversation(connection);
  const events = conversation[Symbol.asyncIterator]();
  const until = async (type: RealtimeConversationEvent["type"]) => {
    const seen: RealtimeConversationEvent[] = [];
    for (;;) {
      const { done, value } = await events.next();
      if (done) throw new Error(`ended without ${type} after ${seen.map((each) => each.type).join(", ")}`);
      seen.push(value);
      if (value.type === type) return seen;
    }
  };
  /** Types of what the client sent after its session.update. */
  const sent = () => emulator.requests.slice(2).map(({ json }) => (json as { readonly type?: string }).type);
  const lastSent = () => emulator.requests.at(-1)?.json;
  return { emulator, conversation, events, until, sent, lastSent };
}

function textOf(events: readonly RealtimeConversationEvent[]): string {
  return events.map((event) => (event.type === "output_transcript.delta" ? event.delta : "")).join("");
}

describe("a conversation", () => {
  it.each(["v2", "v3"] as const)("of %s requests a response to what is said", async (protocol) => {
    const { conversation, until, sent } = await converse(protocol);
    await conversation.say("repeat: one two");
    expect(textOf(await until("conversation_item.done").then(() => until("conversation_item.done")))).toBe("one two");
    expect(sent()).toEqual(["conversation.item.create", "response.create"]);
  });

  it("of v1 leaves responses to the service", async () => {
    const { conversation, until, sent } = await converse("v1");
    await conversation.say("repeat: one two");
    await until("audio_out");
    expect(sent()).toEqual(["conversation.item.create"]);
  });

  it("postpones a request that would interrupt the model until it is done", async () => {
    const { conversation, until, sent } = await converse("v3", { pace: { delayMsPerWord: 20 } });
    await conversation.say("count to 5");
    await until("response_created");
    await conversation.say("repeat: next");
    expect(textOf(await until("response_done"))).toBe("1, 2, 3, 4, 5");
    expect(textOf(await until("response_done"))).toBe("next");
    expect(sent()).toEqual([
      "conversation.item.create",
      "response.create",
      "conversation.item.create",
      "response.create",
    ]);
  });

  it("requests again if the service was already answering, and reports no error", async () => {
    const line = await Line.open();
    const conversation = new RealtimeConversation(line.connection);
    await conversation.say("x");
    expect([await line.heard(), await line.heard()]).toMatchObject([{}, { type: "response.create" }]);
    const active = "Conversation already has an active response in progress: r. Wait.";
    line.say({ type: "error", error: { message: active } }, { type: "response.done", response: { id: "r" } });
    for await (const event of conversation) {
      expect(event).toEqual({ type: "response_done", responseId: "r" });
      break;
    }
    expect(await line.heard()).toEqual({ type: "response.create", event_id: "conversation_create_response_2" });
  });

  it.each(["v2", "v3"] as const)("of %s hands over a task once, and the model tells the result", async (protocol) => {
    const { conversation, until, sent } = await converse(protocol);
    await conversation.say("delegate: water the plants");
    const task = (await until("delegation")).at(-1);
    if (task?.type !== "delegation") throw new Error("no task");
    expect(task.prompt).toContain("water the plants");
    await conversation.sendAgentMessage(task.handoffId, "on my way");
    await conversation.sendAgentMessage(task.handoffId, "the plants are wet");
    expect(sent()).toHaveLength(2);
    await conversation.endHandoff(task.handoffId);
    const seen = await until("audio_out");
    expect(seen.map(({ type }) => type)).not.toContain("delegation");
    expect(textOf([...seen, ...(await until("conversation_item.done"))])).toContain("the plants are wet");
    await conversation.endHandoff(task.handoffId); // has nothing to say any more
    expect(sent()).toEqual([
      "conversation.item.create",
      "response.create",
      "conversation.item.create",
      "response.create",
    ]);
  });

  it("of v1 passes on each message of the agent at once", async () => {
    const { conversation, until, sent } = await converse("v1");
    await conversation.say("delegate: water the plants");
    const task = (await until("delegation")).at(-1);
    expect(task).toMatchObject({ prompt: "delegate: water the plants" });
    const { handoffId } = task as { handoffId: string };
    await conversation.sendAgentMessage(handoffId, "on my way");
    await until("output_transcript.delta");
    await conversation.endHandoff(handoffId);
    expect(sent()).toEqual(["conversation.item.create", "conversation.handoff.append"]);
  });

  it("answers the model's wish to be silent with an empty output, and requests no response", async () => {
    const { conversation, until, sent, lastSent } = await converse("v3");
    await conversation.say("stay silent");
    await until("noop_requested");
    await until("conversation_item.done");
    expect(lastSent()).toMatchObject({ item: { type: "function_call_output", output: "" } });
    expect(sent()).toHaveLength(3);
  });

  it("cuts off the model's audio when the user interrupts it", async () => {
    const { conversation, emulator, until } = await converse("v3", { pace: { delayMsPerWord: 20 } });
    await conversation.say("count to 100");
    const [audio] = (await until("audio_out")).slice(-1);
    await conversation.append(loud);
    await until("input_audio_speech_started");
    expect((await until("response_done")).at(-1)).toMatchObject({ status: "cancelled" });
    for (let chunk = 0; chunk < 6; chunk += 1) await conversation.append(quiet);
    expect(textOf(await until("response_done"))).toContain("sound of 0.1 seconds");
    const truncate = emulator.requests
      .map(({ json }) => json as { readonly type?: string } | undefined)
      .find((json) => json?.type === "conversation.item.truncate");
    const { itemId } = (audio as { frame: { itemId: string } }).frame;
    expect(truncate).toEqual({
      type: "conversation.item.truncate",
      event_id: expect.any(String),
      item_id: itemId,
      content_index: 0,
      audio_end_ms: expect.any(Number),
    });
  });

  it("continues if the service cannot be told of that", async () => {
    const line = await Line.open();
    const logger = recordLog();
    const conversation = new RealtimeConversation(line.connection, { logger });
    const audio = { type: "response.output_audio.delta", item_id: "a", delta: "" };
    line.say(audio, { type: "input_audio_buffer.speech_started" });
    line.peer.socket.end();
    await line.peer.closed;
    while (!line.connection.isClosed) await new Promise(setImmediate);
    const types: string[] = [];
    const reading = async () => {
      for await (const event of conversation) types.push(event.type);
    };
    expect(await failureOf(reading())).toMatchObject({ message: expect.stringContaining("without a close frame") });
    expect(types).toEqual(["audio_out", "input_audio_speech_started"]);
    expect(logger.lines.map(({ message }) => message)).toContain("the model's audio could not be truncated");
  });
});

describe("a conversation is over", () => {
  it("when it is closed", async () => {
    const { conversation, events } = await converse("v3");
    expect(conversation.closeReason).toBeUndefined();
    await conversation.close();
    expect(await events.next()).toMatchObject({ done: true });
    expect(conversation.closeReason).toBe("requested");
  });

  it("when the service closes it", async () => {
    const { conversation, until } = await converse("v3", { script: [{}, { close: { code: 1000 } }] });
    await conversation.say("x");
    await expect(until("response_done")).rejects.toThrow("ended without");
    expect(conversation.closeReason).toBe("transport_closed");
  });

  it("when the service sends an error in v2, after that error", async () => {
    const { conversation, until, events, emulator } = await converse("v2", {
      script: [{}, { status: 400, body: { error: { message: "no" } } }],
    });
    await conversation.say("x");
    expect((await until("error")).at(-1)).toEqual({ type: "error", message: "no" });
    expect(await events.next()).toMatchObject({ done: true });
    expect(conversation.closeReason).toBe("error");
    await emulator.waitForClosedWebSockets(1);
  });

  it("with an error in v2 that is delivered before the service has answered the close frame", async () => {
    const line = await Line.open({ config: { protocol: "v2" } });
    const conversation = new RealtimeConversation(line.connection);
    const events = conversation[Symbol.asyncIterator]();
    let answered = () => {};
    const closing = new Promise<void>((resolve) => {
      answered = resolve;
    });
    vi.spyOn(line.connection, "close").mockReturnValue(closing);
    line.say({ type: "error", error: { message: "no" } });
    expect(await events.next()).toEqual({ done: false, value: { type: "error", message: "no" } });
    expect(line.connection.close).toHaveBeenCalledOnce();
    answered();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it.each<[string, (line: Line) => unknown, object]>([
    ["the service has closed it", ({ peer }) => peer.socket.end(closeFrame(1000)), { reason: "transport_closed" }],
    ["the service has closed it with an error code", ({ peer }) => peer.socket.end(closeFrame(1011)), { failed: true }],
    ["it has broken", ({ peer }) => peer.socket.resetAndDestroy(), { failed: true }],
  ])("with all its events, one that can no longer be answered as well, when %s", async (_what, end, expected) => {
    const line = await Line.open();
    const conversation = new RealtimeConversation(line.connection);
    const call = { type: "function_call", name: "remain_silent", call_id: "call_1", id: "item_1" };
    line.say(
      { type: "session.created", session: { id: "s" } },
      { type: "conversation.item.done", item: call },
      { type: "response.output_text.delta", delta: "so" },
      { type: "response.done", response: { id: "r" } },
    );
    const events = conversation[Symbol.asyncIterator]();
    await events.next(); // and with it, in one packet, the rest
    end(line);
    await untilTrue(() => line.connection.isClosed);
    const types: string[] = [];
    const ended = (async () => {
      for (let next = await events.next(); !next.done; next = await events.next()) types.push(next.value.type);
      return { reason: conversation.closeReason };
    })().catch(() => ({ failed: true }));
    expect(await ended).toEqual(expected);
    expect(types).toEqual(["noop_requested", "output_transcript.delta", "response_done"]);
  });

  it("when it breaks", async () => {
    const { conversation, until } = await converse("v3", { script: [{}, { resetBeforeHeaders: true }] });
    await conversation.say("x");
    expect(await failureOf(until("response_done"))).toMatchObject({ kind: "stream" });
    expect(conversation.closeReason).toBe("error");
  });
});

import { describe, expect, it } from "vitest";
import { Caller, create, loud, text, typesOf, update } from "./caller.ts";

describe("responses of a realtime session", () => {
  it("are spoken: each word as a delta of the transcript, and as a tone", async () => {
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

  it("are written if the session asks for text only", async () => {
    const caller = await Caller.open();
    caller.say(update({ output_modalities: ["text"] }), text("repeat: one"), create);
    const events = await caller.until("response.done");
    expect(events.filter(({ type }) => type.startsWith("response.output_text"))).toMatchObject([
      { delta: "one" },
      { text: "one" },
    ]);
    expect(typesOf(events).filter((type) => type.includes("audio"))).toEqual([]);
  });

  it("end when they are cancelled or interrupted by speech", async () => {
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

  it("are not interrupted by speech if the session says so", async () => {
    const caller = await Caller.open("", { pace: { delayMsPerWord: 5 } });
    caller.say(
      update({ audio: { input: { turn_detection: { interrupt_response: false } } } }),
      text("count to 3"),
      create,
      loud,
    );
    expect((await caller.until("response.done")).at(-1)).toMatchObject({ response: { status: "completed" } });
  });

  it("are refused while another one of the conversation is in progress", async () => {
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

  it("can be out of band, with parameters of their own, during another one", async () => {
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
});

import { describe, expect, it } from "vitest";
import { Caller, create, loud, quiet, silence, transcribes, typesOf, update } from "./caller.ts";

describe("speech in a realtime session", () => {
  it("is detected, transcribed and answered", async () => {
    const caller = await Caller.open();
    caller.say(transcribes, quiet, loud, loud, ...silence);
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

  it("ends after as much silence as the session asks for", async () => {
    const caller = await Caller.open();
    caller.say(update({ audio: { input: { turn_detection: { silence_duration_ms: 200 } } } }), loud, quiet, quiet);
    expect(typesOf(await caller.until("input_audio_buffer.speech_stopped"))).toContain(
      "input_audio_buffer.speech_started",
    );
  });

  it.each([
    ["create_response is off", { type: "realtime", audio: { input: { turn_detection: { create_response: false } } } }],
    ["it only transcribes", { type: "transcription" }],
  ])("is not answered if %s", async (_what, session) => {
    const caller = await Caller.open();
    caller.say(transcribes, update(session), loud, ...silence, { type: "input_audio_buffer.clear" });
    const events = await caller.until("input_audio_buffer.cleared");
    expect(typesOf(events)).toContain("conversation.item.input_audio_transcription.completed");
    expect(typesOf(events)).not.toContain("response.created");
  });

  it("becomes an item on a commit, and is dropped on a clear", async () => {
    const caller = await Caller.open();
    caller.say(quiet, { type: "input_audio_buffer.commit" });
    const committed = await caller.until("conversation.item.done");
    expect(typesOf(committed)).not.toContain("input_audio_buffer.speech_stopped");
    expect(committed.at(-1)).toMatchObject({ previous_item_id: null, item: { content: [{ type: "input_audio" }] } });
    caller.say(quiet, { type: "input_audio_buffer.clear" }, { type: "input_audio_buffer.commit" });
    expect((await caller.until("error")).at(-1)).toMatchObject({ error: { code: "input_audio_buffer_commit_empty" } });
  });

  it("is answered only on request if turn detection is off", async () => {
    const caller = await Caller.open();
    const off = update({ audio: { input: { turn_detection: null } } });
    caller.say(off, loud, ...silence, { type: "input_audio_buffer.commit" }, create);
    const types = typesOf(await caller.until("response.done"));
    expect(types.filter((type) => type.includes("speech"))).toEqual([]);
    expect(types.indexOf("input_audio_buffer.committed")).toBeLessThan(types.indexOf("response.created"));
  });
});

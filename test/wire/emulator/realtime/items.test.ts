import { describe, expect, it } from "vitest";
import { Caller, create, text } from "./caller.ts";

describe("items of a realtime session", () => {
  it("are truncated, retrieved and deleted", async () => {
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
});

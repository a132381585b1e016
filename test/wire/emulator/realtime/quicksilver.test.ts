import { describe, expect, it } from "vitest";
import { Caller, loud, silence, text, typesOf, update } from "./caller.ts";

describe("a quicksilver session of the emulator", () => {
  const query = "?intent=quicksilver";

  it("answers text without a request", async () => {
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

  it("transcribes speech", async () => {
    const caller = await Caller.open(query);
    caller.say(loud, ...silence);
    expect(await caller.next()).toEqual({ type: "conversation.input_transcript.delta", delta: "sound of 0.1 seconds" });
  });

  it("requests a handoff, and speaks its result", async () => {
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

  it("interrupts its answer when the user says something else", async () => {
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

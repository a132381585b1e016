import { describe, expect, it } from "vitest";
import type { RealtimeEvent, TranscriptEntry } from "../../../../../src/api/realtime/events.ts";
import { protocols } from "../../../../../src/api/realtime/protocol/protocols.ts";
import type { RealtimeProtocolName } from "../../../../../src/api/realtime/settings.ts";

const user = (delta: string): RealtimeEvent => ({ type: "input_transcript.delta", delta });
const model = (delta: string): RealtimeEvent => ({ type: "output_transcript.delta", delta });
const userDone = (text: string): RealtimeEvent => ({ type: "input_transcript.done", text });
const modelDone = (text: string): RealtimeEvent => ({ type: "output_transcript.done", text });
const speech: RealtimeEvent = { type: "input_audio_speech_started" };
const created: RealtimeEvent = { type: "response_created" };

function handoff(inputTranscript = ""): RealtimeEvent {
  return { type: "handoff_requested", handoffId: "h", itemId: "i", inputTranscript, activeTranscript: [] };
}

/** The transcripts of the handoffs, as `role: text` lines. */
function handedOver(protocol: RealtimeProtocolName, events: readonly RealtimeEvent[]): string[][] {
  const stages = protocols[protocol].createStages();
  return events.flatMap((event) => {
    const seen = stages.reduce((each, stage) => stage.observe(each), event);
    if (seen.type !== "handoff_requested") expect(seen).toBe(event);
    return seen.type === "handoff_requested" ? [seen.activeTranscript.map(line)] : [];
  });
}

function line({ role, text }: TranscriptEntry): string {
  return `${role}: ${text}`;
}

describe("the transcript of a handoff", () => {
  it.each<[string, RealtimeProtocolName, RealtimeEvent[], string[][]]>([
    [
      "joins the pieces of a speaker without a space",
      "v1",
      [user("delegate "), user("now"), model("working"), handoff("x")],
      [["user: delegate now", "assistant: working"]],
    ],
    [
      "begins again after each handoff",
      "v1",
      [user("a"), handoff(), model("b"), handoff()],
      [["user: a"], ["assistant: b"]],
    ],
    [
      "begins a new entry with each change of speaker",
      "v1",
      [user("a"), model("b"), user("c"), handoff()],
      [["user: a", "assistant: b", "user: c"]],
    ],
    ["ignores empty pieces", "v1", [user("a"), model(""), user("b"), handoff()], [["user: ab"]]],
    ["leaves out the handoff's own words", "v1", [handoff("task")], [[]]],
    ["is always empty", "v2", [user("a"), model("b"), handoff("task")], [[]]],
    [
      "adds the handoff's own words if nobody said them",
      "v3",
      [model("a"), handoff("task")],
      [["assistant: a", "user: task"]],
    ],
    [
      "does not repeat the handoff's words",
      "v3",
      [user(" task "), model("a"), handoff("task")],
      [["user:  task ", "assistant: a"]],
    ],
    ["adds no empty words", "v3", [model("a"), handoff("")], [["assistant: a"]]],
    [
      "has what came since the previous handoff",
      "v3",
      [user("a"), handoff(), model("b"), handoff()],
      [["user: a"], ["assistant: b"]],
    ],
    [
      "begins an entry with the user's next speech",
      "v3",
      [user("a"), speech, user("b"), handoff()],
      [["user: a", "user: b"]],
    ],
    [
      "begins an entry with the model's next response",
      "v3",
      [model("a"), created, model("b"), handoff()],
      [["assistant: a", "assistant: b"]],
    ],
    [
      "has the whole text in place of its pieces",
      "v3",
      [user("del"), user("gate"), userDone("Delegate."), handoff()],
      [["user: Delegate."]],
    ],
    [
      "has a whole text without pieces",
      "v3",
      [modelDone("a"), modelDone("b"), handoff()],
      [["assistant: a", "assistant: b"]],
    ],
    [
      "begins a new entry with each change of speaker too",
      "v3",
      [user("a"), model("b"), user("c"), handoff()],
      [["user: a", "assistant: b", "user: c"]],
    ],
    [
      "uses a whole text that comes after the handoff of its pieces",
      "v3",
      [user("a"), handoff(), userDone("A"), handoff()],
      [["user: a"], ["user: A"]],
    ],
    [
      "puts a whole text where its pieces were, even if the other side spoke meanwhile",
      "v3",
      [user("a"), model("b"), userDone("A"), handoff()],
      [["user: A", "assistant: b"]],
    ],
    ["ignores an empty whole text", "v3", [user("a"), userDone(""), handoff()], [["user: a"]]],
    [
      "continues in a new entry after a whole text",
      "v3",
      [model("x"), modelDone("a"), model("b"), handoff()],
      [["assistant: a", "assistant: b"]],
    ],
  ])("%s (%s)", (_what, protocol, events, transcripts) => {
    expect(handedOver(protocol, events)).toEqual(transcripts);
  });
});

import type { Fields, WireEvent } from "../fields.ts";
import type { AudioFormat } from "./audio-format.ts";
import { type Answer, type Dialect, itemOf } from "./dialect.ts";
import { toneOf } from "./tone.ts";

/** The first protocol (`intent=quicksilver`): events of a conversation, without responses, and separate events for handoffs. */
export const quicksilver: Dialect = {
  answersByItself: true,
  opening: () => [],
  sessionUpdated: (session) => ({ type: "session.updated", session }),
  itemTaken: ({ item }) => [{ type: "conversation.item.added", item }, doneEvent(item)],
  speechStarted: () => [],
  speechHeard: (_placed, _endMs, transcript = "") => [
    { type: "conversation.input_transcript.delta", delta: transcript },
  ],
  *answer(answer) {
    const { itemId, callId, reply } = answer;
    if (reply.kind === "call") {
      const task = { handoff_id: callId, item_id: itemId, input_transcript: reply.heard };
      yield { type: "conversation.handoff.requested", ...task };
      return;
    }
    const item = itemOf(answer);
    yield { type: "conversation.item.added", item: { ...item, content: [] } };
    for (const piece of reply.pieces) {
      yield { type: "conversation.output_transcript.delta", delta: piece };
      yield audio(piece, answer.format);
    }
    yield doneEvent(item);
  },
  item: (answer) => itemOf(answer),
  cancelled: (answer: Answer) => [doneEvent(itemOf(answer))],
  agentTool: () => "codex",
  hasSilence: () => false,
};

function audio(piece: string, format: AudioFormat): WireEvent {
  const samples = toneOf(piece);
  return {
    type: "conversation.output_audio.delta",
    delta: format.encode(samples).toString("base64"),
    sample_rate: format.sampleRate,
    channels: 1,
    samples_per_channel: samples.length,
  };
}

function doneEvent(item: Fields): WireEvent {
  return { type: "conversation.item.done", item };
}

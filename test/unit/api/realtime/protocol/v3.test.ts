import { describe } from "vitest";
import { rows } from "./support.ts";

describe("what only v3 decodes", () => {
  const counts = { text_tokens: 1, audio_tokens: 2, image_tokens: 3 };
  const counted = { textTokens: 1, audioTokens: 2, imageTokens: 3 };
  const usage = {
    input_tokens: 9,
    output_tokens: 6,
    total_tokens: 15,
    input_token_details: { ...counts, cached_tokens: 4, cached_tokens_details: counts },
    output_token_details: counts,
  };
  const error = { type: "t", code: "c", message: "m" };
  rows("v3", [
    [
      "a conversation",
      { type: "conversation.created", conversation: { id: "c" } },
      { type: "conversation_created", conversationId: "c" },
    ],
    [
      "a conversation that is not an object",
      { type: "conversation.created", conversation: "c" },
      { type: "conversation_created" },
    ],
    [
      "the usage of a response, and why it failed",
      {
        type: "response.done",
        response: {
          id: "r",
          status: "failed",
          status_details: { type: "failed", reason: "why", error },
          usage,
          metadata: { a: "b" },
        },
      },
      {
        type: "response_done",
        responseId: "r",
        status: "failed",
        statusDetails: { type: "failed", reason: "why", error },
        usage: {
          inputTokens: 9,
          cachedInputTokens: 4,
          outputTokens: 6,
          totalTokens: 15,
          inputTokenDetails: { ...counted, cachedTokensDetails: counted },
          outputTokenDetails: counted,
        },
        metadata: { a: "b" },
      },
    ],
    [
      "a response whose fields are of other types",
      { type: "response.done", response: { id: 1, status_details: { error: "e" }, usage: { input_token_details: 1 } } },
      { type: "response_done", statusDetails: {}, usage: {} },
    ],
    [
      "a transcription that failed",
      { type: "conversation.item.input_audio_transcription.failed", item_id: "i", error: { ...error, param: "p" } },
      { type: "input_transcript.failed", itemId: "i", error: { ...error, param: "p" } },
    ],
    [
      "a transcription that failed without a reason",
      { type: "conversation.item.input_audio_transcription.failed", item_id: "i", error: null },
      { type: "input_transcript.failed", itemId: "i", error: {} },
    ],
    [
      "a segment of a transcript, in milliseconds",
      { type: "conversation.item.input_audio_transcription.segment", text: "t", id: "s", start: 0.5, end: 1.25 },
      { type: "input_transcript.segment", text: "t", segmentId: "s", startMs: 500, endMs: 1250 },
    ],
    [
      "a segment without times",
      { type: "conversation.item.input_audio_transcription.segment", text: "t" },
      { type: "input_transcript.segment", text: "t" },
    ],
    ["a segment without text", { type: "conversation.item.input_audio_transcription.segment" }, undefined],
    ["a key of the telephone", dtmf("5"), { type: "input_audio_buffer.dtmf_event_received", key: "5" }],
    ["a key that is missing", dtmf(undefined), undefined],
  ]);

  function dtmf(event: string | undefined) {
    return { type: "input_audio_buffer.dtmf_event_received", event };
  }
});

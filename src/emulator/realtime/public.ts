import { type Fields, listIn, stringIn, type WireEvent } from "../fields.ts";
import { estimateTokens } from "../model/pieces.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { type Answer, argumentsOf, type Dialect, itemOf, type PlacedItem } from "./dialect.ts";
import { toneOf } from "./tone.ts";

const SILENCE_TOOL = "remain_silent";
const TOKEN_LIMIT = 40_000;

/** The public Realtime API: responses with items, tools, and an id on every event. */
export function publicDialect(identifiers: Identifiers): Dialect {
  const numbered = function* (events: Iterable<WireEvent>): Generator<WireEvent> {
    for (const event of events) yield { ...event, event_id: identifiers.next("event") };
  };
  return {
    answersByItself: false,
    opening: (session) => numbered([{ type: "session.created", session }]),
    sessionUpdated: (session) => ({ type: "session.updated", event_id: identifiers.next("event"), session }),
    itemTaken: (placed) => numbered(itemEvents(placed)),
    speechStarted: (itemId, startMs) =>
      numbered([{ type: "input_audio_buffer.speech_started", audio_start_ms: startMs, item_id: itemId }]),
    speechHeard: (placed, endMs, transcript) => numbered(heard(placed, endMs, transcript)),
    answer: (answer) => numbered(answerEvents(answer)),
    item: finishedItem,
    cancelled: (answer, said, reason) => numbered(cancelledEvents(answer, said, reason)),
    agentTool: (session) => toolNames(session).find((name) => name !== SILENCE_TOOL),
    hasSilence: (session) => toolNames(session).includes(SILENCE_TOOL),
  };
}

function toolNames(session: Fields): readonly string[] {
  return listIn(session, "tools").flatMap((tool) => stringIn(tool, "name") ?? []);
}

function itemEvents({ item, previousItemId }: PlacedItem): WireEvent[] {
  return ["added", "done"].map((name) => ({
    type: `conversation.item.${name}`,
    previous_item_id: previousItemId,
    item,
  }));
}

function* heard(placed: PlacedItem, endMs: number | undefined, transcript: string | undefined): Generator<WireEvent> {
  const { item, previousItemId } = placed;
  const about = { item_id: item.id, content_index: 0 };
  if (endMs !== undefined) yield { type: "input_audio_buffer.speech_stopped", audio_end_ms: endMs, item_id: item.id };
  yield { type: "input_audio_buffer.committed", previous_item_id: previousItemId, item_id: item.id };
  yield* itemEvents(placed);
  if (transcript === undefined) return;
  const seconds = Number(/[\d.]+/.exec(transcript)?.[0] ?? 0);
  yield { type: "conversation.item.input_audio_transcription.delta", ...about, delta: transcript };
  yield {
    type: "conversation.item.input_audio_transcription.completed",
    ...about,
    transcript,
    usage: { type: "duration", seconds },
  };
}

function responseOf({ responseId, conversationId, metadata, isSilent, format }: Answer): Fields {
  return {
    id: responseId,
    object: "realtime.response",
    conversation_id: conversationId,
    metadata,
    output_modalities: [isSilent ? "text" : "audio"],
    audio: { output: { format: { type: format.type, ...(format.bytesPerSample > 1 && { rate: format.sampleRate }) } } },
  };
}

/** Without content at the beginning. */
function finishedItem(answer: Answer, text: string, status: string): Fields {
  const item = { ...itemOf(answer), object: "realtime.item", status };
  if (answer.reply.kind === "call") return item;
  return { ...item, content: status === "in_progress" ? [] : [partOf(answer, text, "output_")] };
}

/** The types of the same part differ between items and `content_part` events. */
function partOf({ isSilent }: Answer, text: string, prefix: string): Fields {
  return isSilent ? { type: `${prefix}text`, text } : { type: `${prefix}audio`, transcript: text };
}

function* answerEvents(answer: Answer): Generator<WireEvent> {
  const { responseId, reply, previousItemId, conversationId } = answer;
  const isSaid = conversationId !== null;
  const response = responseOf(answer);
  yield { type: "response.created", response: { ...response, status: "in_progress", output: [] } };
  const item = finishedItem(answer, reply.kind === "speech" ? reply.pieces.join("") : "", "completed");
  const opened = finishedItem(answer, "", "in_progress");
  const place = { response_id: responseId, output_index: 0 };
  yield { type: "response.output_item.added", ...place, item: opened };
  if (isSaid) yield { type: "conversation.item.added", previous_item_id: previousItemId, item: opened };
  if (reply.kind === "speech") yield* speech(answer, reply.pieces);
  else yield* callArguments(answer, reply.name, argumentsOf(reply));
  yield { type: "response.output_item.done", ...place, item };
  if (isSaid) yield { type: "conversation.item.done", previous_item_id: previousItemId, item };
  const usage = usageOf(answer);
  yield { type: "response.done", response: { ...response, status: "completed", output: [item], usage } };
  const remaining = TOKEN_LIMIT - Number(usage.total_tokens);
  yield {
    type: "rate_limits.updated",
    rate_limits: [{ name: "tokens", limit: TOKEN_LIMIT, remaining, reset_seconds: (TOKEN_LIMIT - remaining) / 1000 }],
  };
}

function* callArguments(answer: Answer, name: string, whole: string): Generator<WireEvent> {
  const { responseId, itemId, callId } = answer;
  const place = { response_id: responseId, item_id: itemId, output_index: 0, call_id: callId };
  yield { type: "response.function_call_arguments.delta", ...place, delta: whole };
  yield { type: "response.function_call_arguments.done", ...place, name, arguments: whole };
}

function* speech(answer: Answer, pieces: readonly string[]): Generator<WireEvent> {
  const { responseId, itemId, isSilent } = answer;
  const place = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
  const text = pieces.join("");
  const name = isSilent ? "response.output_text" : "response.output_audio_transcript";
  yield { type: "response.content_part.added", ...place, part: partOf(answer, "", "") };
  for (const piece of pieces) {
    yield { type: `${name}.delta`, ...place, delta: piece };
    if (!isSilent)
      yield {
        type: "response.output_audio.delta",
        ...place,
        delta: answer.format.encode(toneOf(piece)).toString("base64"),
      };
  }
  if (!isSilent) yield { type: "response.output_audio.done", ...place };
  yield { type: `${name}.done`, ...place, [isSilent ? "text" : "transcript"]: text };
  yield { type: "response.content_part.done", ...place, part: partOf(answer, text, "") };
}

/** What was said remains; the item and the response are marked as unfinished. */
function* cancelledEvents(answer: Answer, said: string, reason: string): Generator<WireEvent> {
  const item = finishedItem(answer, said, "incomplete");
  const { responseId, previousItemId, conversationId } = answer;
  yield { type: "response.output_item.done", response_id: responseId, output_index: 0, item };
  if (conversationId !== null) yield { type: "conversation.item.done", previous_item_id: previousItemId, item };
  const response = { ...responseOf(answer), status: "cancelled", status_details: { type: "cancelled", reason } };
  yield { type: "response.done", response: { ...response, output: [item], usage: usageOf(answer) } };
}

function usageOf({ inputTokens, reply }: Answer): Fields {
  const outputTokens = estimateTokens(reply.kind === "speech" ? reply.pieces.join("") : argumentsOf(reply));
  return {
    total_tokens: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    input_token_details: { text_tokens: inputTokens, audio_tokens: 0, cached_tokens: 0 },
    output_token_details: { text_tokens: outputTokens, audio_tokens: 0 },
  };
}

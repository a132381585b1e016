import { type Fields, listIn, stringIn, type WireEvent } from "../fields.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { type Answer, argumentsOf, type Dialect, itemOf } from "./dialect.ts";
import { toBase64, toneOf } from "./tone.ts";

const SILENCE_TOOL = "remain_silent";

/** The public Realtime API: responses with items, tools, and an id on every event. */
export function publicDialect(identifiers: Identifiers): Dialect {
  const numbered = function* (events: Iterable<WireEvent>): Generator<WireEvent> {
    for (const event of events) yield { ...event, event_id: identifiers.next("event") };
  };
  return {
    answersByItself: false,
    opening: (session) => numbered([{ type: "session.created", session }]),
    sessionUpdated: (session) => ({ type: "session.updated", event_id: identifiers.next("event"), session }),
    itemTaken: (item) =>
      numbered([
        { type: "conversation.item.added", previous_item_id: null, item },
        { type: "conversation.item.done", previous_item_id: null, item },
      ]),
    speechStarted: (itemId, startMs) =>
      numbered([{ type: "input_audio_buffer.speech_started", audio_start_ms: startMs, item_id: itemId }]),
    speechHeard: (itemId, endMs, transcript) => numbered(heard(itemId, endMs, transcript)),
    answer: (answer) => numbered(answerEvents(answer)),
    cancelled: ({ responseId }) =>
      numbered([
        { type: "response.cancelled", response: { id: responseId, object: "realtime.response", status: "cancelled" } },
      ]),
    agentTool: (session) => toolNames(session).find((name) => name !== SILENCE_TOOL),
    hasSilence: (session) => toolNames(session).includes(SILENCE_TOOL),
  };
}

function toolNames(session: Fields): readonly string[] {
  return listIn(session, "tools").flatMap((tool) => stringIn(tool, "name") ?? []);
}

function* heard(itemId: string, endMs: number, transcript: string): Generator<WireEvent> {
  const content = [{ type: "input_audio", transcript }];
  const item = { id: itemId, type: "message", role: "user", status: "completed", content };
  yield { type: "input_audio_buffer.speech_stopped", audio_end_ms: endMs, item_id: itemId };
  yield { type: "input_audio_buffer.committed", previous_item_id: null, item_id: itemId };
  yield { type: "conversation.item.added", previous_item_id: null, item };
  yield { type: "conversation.item.done", previous_item_id: null, item };
  const about = { item_id: itemId, content_index: 0 };
  yield { type: "conversation.item.input_audio_transcription.delta", ...about, delta: transcript };
  yield { type: "conversation.item.input_audio_transcription.completed", ...about, transcript };
}

function* answerEvents(answer: Answer): Generator<WireEvent> {
  const { responseId, itemId, reply } = answer;
  const response = { id: responseId, object: "realtime.response", status: "in_progress", output: [] };
  yield { type: "response.created", response };
  const item = { ...itemOf(answer), object: "realtime.item", status: "completed" };
  const opened = { ...item, status: "in_progress", ...(reply.kind === "speech" && { content: [] }) };
  yield { type: "response.output_item.added", response_id: responseId, output_index: 0, item: opened };
  yield { type: "conversation.item.added", previous_item_id: null, item: opened };
  if (reply.kind === "speech") yield* speech(answer, reply.pieces);
  else {
    const place = { response_id: responseId, item_id: itemId, output_index: 0, call_id: answer.callId };
    yield { type: "response.function_call_arguments.done", ...place, arguments: argumentsOf(reply.task) };
  }
  yield { type: "response.output_item.done", response_id: responseId, output_index: 0, item };
  yield { type: "conversation.item.done", previous_item_id: null, item };
  yield { type: "response.done", response: { ...response, status: "completed", output: [item] } };
}

function* speech({ responseId, itemId, isSilent }: Answer, pieces: readonly string[]): Generator<WireEvent> {
  const place = { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
  const text = pieces.join("");
  const name = isSilent ? "response.output_text" : "response.output_audio_transcript";
  for (const piece of pieces) {
    yield { type: `${name}.delta`, ...place, delta: piece };
    if (!isSilent) yield { type: "response.output_audio.delta", ...place, delta: toBase64(toneOf(piece)) };
  }
  if (!isSilent) yield { type: "response.output_audio.done", ...place };
  yield { type: `${name}.done`, ...place, [isSilent ? "text" : "transcript"]: text };
}

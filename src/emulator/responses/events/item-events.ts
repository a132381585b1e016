import type { Fields } from "../../fields.ts";
import { listIn, stringIn } from "../../fields.ts";
import type { Citation, Draft, ToolCall } from "../../model/draft.ts";
import { estimateTokens } from "../../model/pieces.ts";
import { declaredTools, isAsync } from "../../model/tools.ts";
import { sealedText } from "../../validation/seal.ts";
import { includes } from "../request.ts";
import type { EncodedEvent } from "./encoded-event.ts";
import type { EventWriter, ItemEvents } from "./event-writer.ts";
import { hostedEvents } from "./hosted-events.ts";

/** The events of one output item in the service's order, from `output_item.added` to `output_item.done`. */
export function itemEvents(writer: EventWriter, draft: Draft): ItemEvents {
  switch (draft.type) {
    case "reasoning":
      return reasoning(writer, draft);
    case "message":
      return message(writer, draft);
    case "refusal":
      return refusal(writer, draft.refusal);
    case "function_call":
    case "custom_tool_call":
      return toolCall(writer, draft);
    case "compaction":
      return compaction(writer, draft.encryptedContent);
    case "item":
      return wholeItem(writer, draft.item);
    default:
      return hostedEvents(writer, draft);
  }
}

function* reasoning(writer: EventWriter, draft: Draft & { readonly type: "reasoning" }): ItemEvents {
  const id = writer.identifiers.next("rs");
  const sealed = includes(writer.body, "reasoning.encrypted_content");
  const item = (summary: readonly Fields[], seed: string): Fields => ({
    id,
    type: "reasoning",
    ...(sealed && { encrypted_content: sealedText(seed) }),
    summary,
  });
  yield writer.added(item([], `${id} begun`));
  const at = { item_id: id, output_index: writer.outputIndex };
  const parts: Fields[] = [];
  for (const [summary_index, text] of draft.summary.entries()) {
    const place = { ...at, summary_index };
    const part = { type: "summary_text", text };
    yield writer.event("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } });
    yield* writer.free("response.reasoning_summary_text.delta", place, text);
    yield writer.event("response.reasoning_summary_text.done", { ...place, text });
    yield writer.event("response.reasoning_summary_part.done", { ...place, part });
    parts.push(part);
  }
  writer.reason(draft.tokens);
  return yield* writer.done(item(parts, id));
}

const NONE: readonly Fields[] = [];

type MessageDraft = Draft & { readonly type: "message" };

function* message(writer: EventWriter, { text, phase, citations = [] }: MessageDraft): ItemEvents {
  const id = writer.identifiers.next("msg");
  const place = { item_id: id, output_index: writer.outputIndex, content_index: 0 };
  if (!writer.isMute) {
    yield writer.added(messageItem(id, "in_progress", [], phase));
    yield writer.event("response.content_part.added", { ...place, part: textPart("", NONE, NONE) });
  }
  const written = yield* writer.text("response.output_text.delta", place, text, true);
  const annotations =
    citations.length > 0 && writer.finalStatus === "completed"
      ? citations.map((citation) => annotation(citation, written.text))
      : NONE;
  for (const [annotation_index, added] of annotations.entries()) {
    yield writer.event("response.output_text.annotation.added", { ...place, annotation_index, annotation: added });
  }
  const part = textPart(written.text, annotations, written.logprobs);
  if (!writer.isMute) {
    yield writer.event("response.output_text.done", { ...place, text: written.text, logprobs: written.logprobs });
    yield writer.event("response.content_part.done", { ...place, part });
  }
  return yield* writer.done(messageItem(id, writer.finalStatus, [part], phase));
}

function* refusal(writer: EventWriter, text: string): ItemEvents {
  const id = writer.identifiers.next("msg");
  const place = { item_id: id, output_index: writer.outputIndex, content_index: 0 };
  yield writer.added(messageItem(id, "in_progress", []));
  yield writer.event("response.content_part.added", { ...place, part: { type: "refusal", refusal: "" } });
  const written = yield* writer.text("response.refusal.delta", place, text);
  yield writer.event("response.refusal.done", { ...place, refusal: written.text });
  const part = { type: "refusal", refusal: written.text };
  yield writer.event("response.content_part.done", { ...place, part });
  return yield* writer.done(messageItem(id, writer.finalStatus, [part]));
}

function messageItem(id: string, status: string, content: readonly Fields[], phase?: string): Fields {
  return { id, type: "message", status, content, ...(phase !== undefined && { phase }), role: "assistant" };
}

function textPart(text: string, annotations: readonly Fields[], logprobs: readonly unknown[]): Fields {
  return { type: "output_text", annotations, logprobs, text };
}

function annotation({ url, title }: Citation, text: string): Fields {
  return { type: "url_citation", end_index: text.length, start_index: 0, title, url };
}

const CALLS = {
  function_call: { prefix: "fc", field: "arguments", event: "response.function_call_arguments" },
  custom_tool_call: { prefix: "ctc", field: "input", event: "response.custom_tool_call_input" },
} as const;

function* toolCall(writer: EventWriter, call: ToolCall): ItemEvents {
  const { prefix, field, event } = CALLS[call.type];
  const id = writer.identifiers.next(prefix);
  const callId = writer.identifiers.nextCallId();
  const mayComeLater = isAsync(declaredTools(writer.body, listIn(writer.body, "input")), call);
  const item = (status: string, written: string): Fields => ({
    id,
    type: call.type,
    status,
    ...(call.type === "function_call" && { arguments: written }),
    call_id: callId,
    ...(call.type === "custom_tool_call" && { input: written }),
    name: call.name,
    ...(call.namespace !== undefined && { namespace: call.namespace }),
    ...(mayComeLater && { async: true }),
  });
  const place = { item_id: id, output_index: writer.outputIndex };
  yield writer.added(item("in_progress", ""));
  const text = call.type === "function_call" ? call.arguments : call.input;
  const written = yield* writer.text(`${event}.delta`, place, text);
  yield writer.event(`${event}.done`, { ...place, [field]: written.text });
  return yield* writer.done(item(writer.finalStatus, written.text));
}

function* compaction(writer: EventWriter, encryptedContent: string): ItemEvents {
  const item = { id: writer.identifiers.next("cmp"), type: "compaction", encrypted_content: encryptedContent };
  writer.spend(estimateTokens(encryptedContent));
  yield writer.added(item);
  return yield* writer.done(item);
}

function* wholeItem(writer: EventWriter, given: Fields): ItemEvents {
  const item = { id: stringIn(given, "id") ?? writer.identifiers.next("item"), ...given };
  writer.spend(estimateTokens(JSON.stringify(given)));
  yield writer.added(item);
  return yield* writer.done(item);
}

/** A compaction that the service makes by itself while it answers (`context_management`). */
export function* automaticCompaction(writer: EventWriter, encryptedContent: string): ItemEvents {
  const item: Fields = { id: writer.identifiers.next("cmp"), type: "compaction", encrypted_content: encryptedContent };
  yield writer.added({ ...item, encrypted_content: "" });
  yield compacting(writer, item);
  return yield* writer.done(item);
}

function compacting(writer: EventWriter, { id }: Fields): EncodedEvent {
  return writer.event("response.compaction.compacting", { item_id: id, output_index: writer.outputIndex });
}

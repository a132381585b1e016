import { type Fields, listIn, stringIn } from "../../fields.ts";
import type { Citation, Draft, ToolCall } from "../../model/draft.ts";
import { estimateTokens } from "../../model/pieces.ts";
import { declaredTools, isAsync } from "../../model/tools.ts";
import { sealedText } from "../../validation/seal.ts";
import { prefixOf } from "../identifiers.ts";
import { includes } from "../request.ts";
import type { EncodedEvent } from "./encoded-event.ts";
import type { EventWriter, ItemEvents } from "./event-writer.ts";
import { hostedEvents, hostedItem, isHosted } from "./hosted-events.ts";
import { messageEvents } from "./message-events.ts";

/** The events of one output item in the service's order, from `output_item.added` to `output_item.done`. */
export function itemEvents(writer: EventWriter, draft: Draft): ItemEvents {
  switch (draft.type) {
    case "reasoning":
      return draftedReasoning(writer, draft);
    case "message":
      return messageEvents(writer, messageItem(writer, draft));
    case "refusal":
      return messageEvents(writer, refusalItem(writer, draft.refusal));
    case "function_call":
    case "custom_tool_call":
      return callEvents(writer, callItem(writer, draft), CALLS[draft.type]);
    case "compaction":
      return compaction(writer, draft.encryptedContent);
    case "item":
      return givenItem(writer, draft.item);
    default:
      return hostedEvents(
        writer,
        hostedItem(writer, draft),
        draft.type === "image_generation_call" ? draft.partialImages : 0,
      );
  }
}

/** An item as somebody wrote it. What the service always fills in may be missing. */
function givenItem(writer: EventWriter, given: Fields): ItemEvents {
  const { type } = given;
  const id = writer.identifiers.next(prefixOf(given));
  switch (type) {
    case "message":
      return messageEvents(writer, { id, type, status: "completed", content: [], role: "assistant", ...given });
    case "reasoning": {
      const item = { id, type, summary: [], ...given };
      const thoughts = [...listIn(item, "summary"), ...listIn(item, "content")];
      return reasoningEvents(writer, item, { tokens: estimateTokens(thoughts.map(textOf).join("")) });
    }
    case "function_call":
    case "custom_tool_call":
      return callEvents(
        writer,
        { id, type, status: "completed", call_id: writer.identifiers.nextCallId(), ...given },
        CALLS[type],
      );
    case "shell_call":
    case "local_shell_call":
    case "apply_patch_call":
    case "computer_call":
      return actionEvents(writer, {
        id,
        type,
        status: "completed",
        call_id: writer.identifiers.nextCallId(),
        ...given,
      });
    default: {
      const item = { id, ...given };
      return isHosted(item) ? hostedEvents(writer, item) : wholeItem(writer, item);
    }
  }
}

function draftedReasoning(writer: EventWriter, draft: Draft & { readonly type: "reasoning" }): ItemEvents {
  const id = writer.identifiers.next("rs");
  const isSealed = includes(writer.body, "reasoning.encrypted_content");
  const itemOf = (seed: string): Fields => ({
    id,
    type: "reasoning",
    ...(isSealed && { encrypted_content: sealedText(seed) }),
    summary: draft.summary.map((text) => ({ type: "summary_text", text })),
  });
  return reasoningEvents(writer, itemOf(id), { tokens: draft.tokens, begun: itemOf(`${id} begun`) });
}

/** @param options - `begun`: the item with what of it is another at first. */
function* reasoningEvents(
  writer: EventWriter,
  item: Fields,
  { tokens, begun = item }: { readonly tokens: number; readonly begun?: Fields },
): ItemEvents {
  yield writer.added({ ...begun, summary: [], ...(Array.isArray(item.content) && { content: [] }) });
  const at = { item_id: item.id, output_index: writer.outputIndex };
  for (const [summary_index, part] of listIn(item, "summary").entries()) {
    const place = { ...at, summary_index };
    const text = textOf(part);
    yield writer.event("response.reasoning_summary_part.added", { ...place, part: { ...part, text: "" } });
    yield* writer.free("response.reasoning_summary_text.delta", place, text);
    yield writer.event("response.reasoning_summary_text.done", { ...place, text });
    yield writer.event("response.reasoning_summary_part.done", { ...place, part });
  }
  for (const [content_index, part] of listIn(item, "content").entries()) {
    const place = { ...at, content_index };
    const text = textOf(part);
    yield* writer.free("response.reasoning_text.delta", place, text);
    yield writer.event("response.reasoning_text.done", { ...place, text });
  }
  writer.reason(tokens);
  return yield* writer.done(item);
}

function textOf(part: Fields): string {
  return stringIn(part, "text") ?? "";
}

function messageItem(
  { identifiers }: EventWriter,
  { text, phase, citations = [] }: Draft & { readonly type: "message" },
): Fields {
  const annotations = citations.map((citation) => annotation(citation, text));
  return {
    id: identifiers.next("msg"),
    type: "message",
    status: "completed",
    content: [{ type: "output_text", annotations, logprobs: [], text }],
    ...(phase !== undefined && { phase }),
    role: "assistant",
  };
}

function refusalItem({ identifiers }: EventWriter, refusal: string): Fields {
  const content = [{ type: "refusal", refusal }];
  return { id: identifiers.next("msg"), type: "message", status: "completed", content, role: "assistant" };
}

function annotation({ url, title }: Citation, text: string): Fields {
  return { type: "url_citation", end_index: text.length, start_index: 0, title, url };
}

const CALLS = {
  function_call: { field: "arguments", event: "response.function_call_arguments" },
  custom_tool_call: { field: "input", event: "response.custom_tool_call_input" },
} as const;

function callItem(writer: EventWriter, call: ToolCall): Fields {
  const mayComeLater = isAsync(declaredTools(writer.body, listIn(writer.body, "input")), call);
  return {
    id: writer.identifiers.next(prefixOf(call)),
    type: call.type,
    status: "completed",
    ...(call.type === "function_call" && { arguments: call.arguments }),
    call_id: writer.identifiers.nextCallId(),
    ...(call.type === "custom_tool_call" && { input: call.input }),
    name: call.name,
    ...(call.namespace !== undefined && { namespace: call.namespace }),
    ...(mayComeLater && { async: true }),
  };
}

function* callEvents(
  writer: EventWriter,
  item: Fields,
  { field, event }: (typeof CALLS)[keyof typeof CALLS],
): ItemEvents {
  const place = { item_id: item.id, output_index: writer.outputIndex };
  const given = item[field] ?? "";
  yield writer.added({ ...item, status: "in_progress", [field]: "" });
  const written = yield* writer.text(
    `${event}.delta`,
    place,
    typeof given === "string" ? given : JSON.stringify(given),
  );
  yield writer.event(`${event}.done`, { ...place, [field]: written.text });
  return yield* writer.done({ ...item, status: writer.statusOf(item), [field]: written.text });
}

function* compaction(writer: EventWriter, encryptedContent: string): ItemEvents {
  const item = { id: writer.identifiers.next("cmp"), type: "compaction", encrypted_content: encryptedContent };
  writer.spend(estimateTokens(encryptedContent));
  yield writer.added(item);
  return yield* writer.done(item);
}

/** A call that the client answers, whose action is an object. */
function* actionEvents(writer: EventWriter, item: Fields): ItemEvents {
  writer.spend(estimateTokens(JSON.stringify(item)));
  yield writer.added({ ...item, status: "in_progress" });
  return yield* writer.done(item);
}

function* wholeItem(writer: EventWriter, item: Fields): ItemEvents {
  writer.spend(estimateTokens(JSON.stringify(item)));
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
